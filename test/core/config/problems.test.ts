import { describe, expect, test } from "vitest";
import { problemsOf, problemsOfService } from "./helper.ts";

const command = "node server.js";

test("all problems are reported at once, sorted by place", () => {
  const raw = {
    shutdownTimout: "9s",
    services: { web: { comand: "x", stop: { timeout: "5 seconds", signl: 1 }, restart: "alway" }, "1st": { command } },
  };
  expect(problemsOf(raw)).toEqual([
    'services.web.comand: unknown key; did you mean "command"?',
    'services.web.restart: expected "always", "on-failure" or "never", got "alway"; did you mean "always"?',
    'services.web.stop.signl: unknown key; did you mean "signal"?',
    'services.web.stop.timeout: expected a duration: milliseconds, or text such as "500ms", "1.5s", "2m", "1h", got "5 seconds"',
    "services.web: expected exactly one of command, service, module, got none",
    'services["1st"]: a service name begins with a letter, then up to 62 letters, digits, "_" or "-"',
    'shutdownTimout: unknown key; did you mean "shutdownTimeout"?',
  ]);
});

describe("the whole", () => {
  test.each([
    [null, 'expected an object such as { services: { web: { command: "…" } } }, got null'],
    [[], 'expected an object such as { services: { web: { command: "…" } } }, got an empty list'],
    ["x", 'expected an object such as { services: { web: { command: "…" } } }, got "x"'],
    [new Map(), 'expected an object such as { services: { web: { command: "…" } } }, got an object'],
    [{}, "services: missing; expected an object with at least one service"],
    [{ services: {} }, "services: expected an object with at least one service, got an object without any"],
    [{ services: [] }, "services: expected an object with at least one service, got an empty list"],
    [{ services: { web: "node a" } }, 'services.web: expected an object such as { command: "node server.js" }, got "node a"'],
    [
      { log: { format: "jsn" }, services: { web: { command } } },
      'log.format: expected "pretty", "plain" or "json", got "jsn"; did you mean "json"?',
    ],
    [{ envFile: 3, services: { web: { command } } }, "envFile[0]: expected a path, got 3"],
  ])("%j", (raw, problem) => {
    expect(problemsOf(raw)).toEqual([problem]);
  });
});

describe("one service", () => {
  test.each([
    [{}, "services.web: expected exactly one of command, service, module, got none"],
    [{ command: 3 }, 'services.web.command: expected a command: text, or a list of text such as ["node", "server.js"], got 3'],
    [{ command: "node 'a" }, `services.web.command: the command "node 'a" has a single quote that is not closed (character 6)`],
    [{ command: [] }, "services.web.command: the command is an empty list"],
    [{ command, cwd: "" }, 'services.web.cwd: expected a path, got ""'],
    [{ command, instances: -1 }, "services.web.instances: expected a number of instances (a whole number, 0 to 10000), got -1"],
    [{ command, instances: 1.5 }, "services.web.instances: expected a number of instances (a whole number, 0 to 10000), got 1.5"],
    [{ command, portBase: 70_000 }, "services.web.portBase: expected a port (a whole number, 1 to 65535), got 70000"],
    [{ command, portBase: 65_535, instances: 2 }, "services.web.portBase: 65535 leaves no room for 2 instances: the last port is 65535"],
    [{ command, autostart: "yes" }, 'services.web.autostart: expected true or false, got "yes"'],
    [
      { command, successExitCodes: [0, 256] },
      "services.web.successExitCodes[1]: expected an exit code (a whole number, 0 to 255), got 256",
    ],
    [{ command, successExitCodes: 0 }, "services.web.successExitCodes: expected a list, got 0"],
    [{ command, backoff: { jitter: 2 } }, "services.web.backoff.jitter: expected a number from 0 to 1, got 2"],
    [{ command, backoff: { factor: 0.5 } }, "services.web.backoff.factor: expected a number of 1 or more, got 0.5"],
    [
      { command, backoff: { factor: Number.POSITIVE_INFINITY } },
      "services.web.backoff.factor: expected a number of 1 or more, got Infinity",
    ],
    [{ command, maxRestarts: 5 }, 'services.web.maxRestarts: expected an object such as { count: 5, within: "1m" }, got 5'],
    [
      { command, maxRestarts: { count: 0, within: "1m" } },
      "services.web.maxRestarts.count: expected a number of restarts (a whole number, 1 or more), got 0",
    ],
    [
      { command, maxRestarts: { count: 1 } },
      'services.web.maxRestarts.within: missing; expected a duration: milliseconds, or text such as "500ms", "1.5s", "2m", "1h"',
    ],
    [
      { command, stop: { signal: "term" } },
      'services.web.stop.signal: expected the name of a signal such as "SIGTERM", got "term"; did you mean "SIGTERM"?',
    ],
    [{ command, stop: { signal: 15 } }, 'services.web.stop.signal: expected the name of a signal such as "SIGTERM", got 15'],
    [{ command, stop: { command: "" } }, 'services.web.stop.command: the command "" is empty'],
    [{ command, restart: "on_failure" }, /got "on_failure"; did you mean "on-failure"\?$/],
    [{ command, options: {} }, 'services.web.options: goes with "service" or "module" only'],
    [{ command, log: {} }, "services.web.log: expected file or dir, here or in the root's log"],
    [
      { command, limits: { memory: "lots" } },
      'services.web.limits.memory: expected a size: bytes, or text such as "64K", "10M", "2G", got "lots"',
    ],
    [{ command, umask: 27 }, 'services.web.umask: expected octal text such as "027", got 27'],
    [{ command, nice: 40 }, "services.web.nice: expected a niceness (a whole number, -20 to 19), got 40"],
    [{ command, user: -1 }, "services.web.user: expected a name or a number (0 or more), got -1"],
    [{ command, secret: ["A=b"] }, 'services.web.secret[0]: expected the name of an environment variable, got "A=b"'],
    [{ command, constructor: 1 }, "services.web.constructor: unknown key"],
  ])("%j", (service, problem) => {
    const [first, ...rest] = problemsOfService(service);
    if (typeof problem === "string") expect(first).toBe(problem);
    else expect(first).toMatch(problem);
    expect(rest).toEqual([]);
  });
});

test("a kind of work whose value is undefined is named", () => {
  const problem = "services.web: expected exactly one of command, service, module, got none: command is undefined";
  expect(problemsOfService({ command: undefined })).toEqual([problem]);
});

test("two kinds of work at once are refused", () => {
  const problem = "services.web: expected exactly one of command, service, module, got command and module";
  expect(problemsOfService({ command, module: "./a.ts" })).toContain(problem);
});

describe("ready and health", () => {
  test.each([
    [{ ready: {} }, "services.web.ready: expected exactly one of http, tcp, exec, log, message, fd, notify, got none"],
    [
      { ready: { tcp: undefined } },
      "services.web.ready: expected exactly one of http, tcp, exec, log, message, fd, notify, got none: tcp is undefined",
    ],
    [{ ready: "http://a/" }, 'services.web.ready: expected an object such as { http: "http://127.0.0.1:3000/healthz" }, got "http://a/"'],
    [
      { ready: { tcp: 1, log: "x" } },
      "services.web.ready: expected exactly one of http, tcp, exec, log, message, fd, notify, got tcp and log",
    ],
    [{ ready: { http: "localhost:3000" } }, /^services.web.ready.http: expected a URL/],
    [{ ready: { http: "http://a/", status: 99 } }, /^services.web.ready.status: expected an HTTP status/],
    [{ ready: { http: "http://a/", status: [300, 200] } }, /^services.web.ready.status: expected an HTTP status/],
    [{ ready: { tcp: 1, status: 200 } }, 'services.web.ready: "status" goes with "http" only'],
    [{ ready: { tcp: 0 } }, /^services.web.ready.tcp: expected a port/],
    [{ ready: { tcp: "localhost" } }, /^services.web.ready.tcp: expected a port/],
    [{ ready: { tcp: "65536" } }, /^services.web.ready.tcp: expected a port/],
    [
      { ready: { tcp: 1, retries: 3 } },
      "services.web.ready.retries: unknown key; known here: http, status, headers, tcp, exec, log, message, fd, notify, interval, tryTimeout, timeout",
    ],
    [{ ready: { fd: 1 } }, "services.web.ready.fd: expected a descriptor (a whole number, 3 to 255), got 1"],
    [{ ready: { log: "" } }, 'services.web.ready.log: expected text that is not empty, or a RegExp, got ""'],
    [{ ready: { message: false } }, "services.web.ready.message: expected true (leave the key out otherwise), got false"],
    [{ ready: { http: "http://a/", timout: 1 } }, 'services.web.ready.timout: unknown key; did you mean "timeout"?'],
    [{ health: {} }, "services.web.health: expected one of http, tcp, exec, eventLoop; got none"],
    [{ health: { http: undefined } }, "services.web.health: expected one of http, tcp, exec, eventLoop; got none: http is undefined"],
    [{ health: { eventLoop: 0 } }, 'services.web.health: "eventLoop" must be longer than 0'],
    [{ health: { tcp: 1, exec: "a" } }, "services.web.health: expected at most one of http, tcp, exec, got tcp and exec"],
    [{ health: { tcp: 1, retries: 0 } }, /^services.web.health.retries: expected a number of failures/],
    [
      { health: { tcp: 1, onFailure: "reboot" } },
      /^services.web.health.onFailure: expected "restart", "shutdown" or "ignore", got "reboot"/,
    ],
    [{ health: { eventLoop: "5s" } }, /^services.web.health.eventLoop: goes with "service" or "module" only/],
  ])("%j", (service, problem) => {
    const problems = problemsOfService({ command, ...service });
    expect(problems).toEqual([typeof problem === "string" ? problem : expect.stringMatching(problem)]);
  });
});

describe("schedules", () => {
  test.each([
    [{ every: "1m", cron: "@daily" }, "services.web: expected at most one of every, cron; got both"],
    [{ overlap: "skip" }, 'services.web.overlap: goes with "every" or "cron" only'],
    [{ runTimeout: "1h" }, 'services.web.runTimeout: goes with "every" or "cron" only'],
    [{ runOnStart: false, cron: "@daily" }, 'services.web.runOnStart: goes with "every" only'],
    [{ timezone: "UTC", every: "1m" }, 'services.web.timezone: goes with "cron" only'],
    [{ cron: "0 3 * *" }, /^services.web.cron: expected five fields .* got "0 3 \* \*"$/],
    [{ cron: "* * * * * *" }, /^services.web.cron: expected five fields/],
    [{ cron: "60 * * * *" }, /^services.web.cron: expected five fields .* got "60 \* \* \* \*" \(/],
    [{ cron: "@reboot" }, /^services.web.cron: expected five fields/],
    [{ cron: "0 3 * * *", timezone: "Mars/Base" }, /^services.web.timezone: expected a time zone .* got "Mars\/Base"$/],
  ])("%j", (service, problem) => {
    const problems = problemsOfService({ command, ...service });
    expect(problems).toContainEqual(typeof problem === "string" ? problem : expect.stringMatching(problem));
  });

  test.each(["* * * * *", "0 0 1,15 * 7", "*/5 9-17 * JAN-MAR MON", "@hourly", "@Daily"])("%j is understood", (cron) => {
    expect(problemsOfService({ command, cron })).toEqual([]);
  });
});

describe("what must not be shown", () => {
  test("no environment value stands in a message", () => {
    const env = { TOKEN: ["hunter2"], "BAD=NAME": "hunter2", OBJECT: { a: "hunter2" }, NUL: "hunter2\0" };
    const problems = problemsOfService({ command, env });
    expect(problems).toHaveLength(4);
    expect(problems.join("\n")).not.toContain("hunter2");
    expect(problemsOfService({ command, env: "TOKEN=hunter2" })).toEqual(["services.web.env: expected an object, got a string"]);
  });

  test("no header's value stands in a message", () => {
    const ready = { http: "http://a/", headers: { Authorization: "hunter2\n" } };
    expect(problemsOfService({ command, ready })).toEqual([
      "services.web.ready.headers.Authorization: expected text on one line, got a string",
    ]);
  });

  test("control characters of names and values are escaped, long values cut", () => {
    const problems = problemsOf({ services: { "\u001b[31m": { command }, web: { command, restart: `\u001b[2J${"x".repeat(500)}` } } });
    expect(problems.join("")).not.toMatch(/[\u0000-\u001f]/);
    expect(problems[0]).toContain('got "\\x1b[2Jxxx');
    expect(problems[0]!.length).toBeLessThan(200);
  });
});
