import { describe, expect } from "vitest";
import { type Config, does, test } from "../helpers/svc.ts";

/** Keeps the supervisor from ending by itself. */
const other = { command: "sleep 600" };
const exits = (code: number) => ["sh", "-c", `exit ${code}`];
/** A crash is not answered while the test looks. */
const patient = { initial: "1h", max: "1h" };

function services(all: Config["services"]): Config {
  return { services: all };
}

describe.concurrent("0: stopped as asked, or everything completed", () => {
  test("SIGTERM", async ({ stage }) => {
    const svc = stage.start(services({ web: { command: does("notes-stop", "notes", 0) } }));
    await svc.ready("web");
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 0 });
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone"]);
    expect(stage.left()).toEqual([]);
  });

  test("svc stop, for the command and for the supervisor", async ({ stage }) => {
    const svc = stage.start(services({ web: { command: does("notes-stop", "notes", 0, 5) }, essential: { ...other, essential: true } }));
    await svc.ready("web");
    expect(await stage.svc("stop")).toMatchObject({ code: 0 });
    expect(await svc.ended).toMatchObject({ code: 0 });
    expect(stage.left()).toEqual([]);
  });

  test("one had to be killed, which is said on stderr", async ({ stage }) => {
    const svc = stage.start(services({ deaf: { command: does("notes-deaf", "notes"), stop: { timeout: "100ms" } } }));
    await svc.ready("deaf");
    svc.kill("SIGTERM");
    const { code, stdout, stderr } = await svc.ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/svc +\| killing deaf: it did not stop in 100 ms/);
    expect(stderr).toMatch(/svc +\| deaf stopped \(killed by svc after 100 ms\)/);
    expect(stdout).not.toContain("killing");
  });

  test("everything completed", async ({ stage }) => {
    const svc = stage.start(services({ one: { command: exits(0) }, two: { command: exits(3), successExitCodes: [0, 3] } }));
    expect(await svc.ended).toMatchObject({ code: 0 });
  });

  test("a service that does not start by itself is not waited for", async ({ stage }) => {
    const svc = stage.start(services({ one: { command: exits(0) }, spare: { ...other, autostart: false } }));
    expect(await svc.ended).toMatchObject({ code: 0 });
  });

  test("client commands that did what they say", async ({ stage }) => {
    const svc = stage.start(services({ web: { ...other, ready: { exec: "true" } } }));
    await svc.says(/web is ready/);
    for (const command of ["list", "status web", "health", "wait web --for running", "start web", "restart web", "stop web", "check"]) {
      expect([command, (await stage.svc(...command.split(" "))).code]).toEqual([command, 0]);
    }
  });
});

describe.concurrent("1: the command failed, or a service did", () => {
  test("nothing is left to run and a service is failed", async ({ stage }) => {
    const svc = stage.start(services({ good: { command: exits(0) }, bad: { command: exits(3), restart: "never" } }));
    const { code, stderr } = await svc.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/bad failed: exited 3/);
  });

  test("nothing is left to run and a service is skipped, though none failed", async ({ stage }) => {
    const db = { command: exits(0), ready: { log: "never said" } };
    const svc = stage.start(services({ db, web: { ...other, dependsOn: { db: "ready" } } }));
    const { code, stderr } = await svc.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/web skipped: db has ended/);
    expect(stderr).not.toMatch(/failed/);
  });

  test("the supervisor goes on while one is still running beside the failed one", async ({ stage }) => {
    const waits = { command: does("waits-for", "go", 0) };
    const svc = stage.start(services({ bad: { command: exits(3), restart: "never" }, waits }));
    await svc.ready("waits");
    await stage.shows("bad", "failed");
    expect(svc.process.exitCode).toBeNull();
    stage.write("go", "");
    expect(await svc.ended).toMatchObject({ code: 1 });
  });

  test("health: a service is not up, everything is, no supervisor runs", async ({ stage }) => {
    expect(await stage.svc("check", "-c", stage.write("services.json", services({ web: other })))).toMatchObject({ code: 0 });
    expect(await stage.svc("health")).toMatchObject({ code: 1 });
    const svc = stage.start(services({ web: { command: exits(3), backoff: patient }, other }));
    await svc.says(/web exited 3, restarting/);
    const { code, stderr } = await stage.svc("health");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("web") });
  });

  test("wait: timed out, cannot come true", async ({ stage }) => {
    const svc = stage.start(services({ web: other, bad: { command: exits(3), restart: "never" } }));
    await svc.says(/bad failed/);
    expect(await stage.svc("wait", "web", "--for", "completed", "--timeout", "100ms")).toMatchObject({ code: 1 });
    const { code, stderr } = await stage.svc("wait", "bad", "--for", "running");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("bad will not be running: it is failed") });
  });

  test("wait: what is waited for fails meanwhile", async ({ stage }) => {
    const svc = stage.start(services({ web: { command: does("waits-for", "go", 3), restart: "never" }, other }));
    await svc.ready("web");
    const waiting = stage.run("wait", "web", "--for", "completed");
    stage.write("go", "");
    expect(await waiting.ended).toMatchObject({ code: 1 });
  });

  test("start NAME and restart NAME of a service that crashes, with its last lines", async ({ stage }) => {
    const web = { command: ["sh", "-c", "echo no port; exit 3"], backoff: patient };
    const svc = stage.start(services({ web, other }));
    await svc.says(/web exited 3/);
    for (const command of ["start", "restart"]) {
      const { code, stderr } = await stage.svc(command, "web");
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/web is not up: exited 3\n +no port/) });
    }
  });

  test("a supervisor runs already", async ({ stage }) => {
    const svc = stage.start(services({ web: { command: does("notes-stop", "notes", 0) } }));
    await svc.ready("web");
    const { code, stderr } = await stage.svc("start");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`already running (pid ${svc.pid})`) });
  });
});

/** Those of every client command, and 3: see every-command.test.ts. */
describe.concurrent("2: usage or config error", () => {
  const usage: readonly (readonly string[])[] = [
    ["strat"],
    ["start", "--no-such-option"],
    ["start", "--log-format", "yaml"],
    ["list", "web"],
    ["status"],
    ["logs", "--since", "yesterday"],
    ["stop", "--timeout", "soon"],
    ["-c", "missing.json", "start"],
  ];
  test.for(usage)("svc %s", async (args, { stage }) => {
    stage.write("services.json", services({ web: { command: does("ticks", "ticks") } }));
    const { code, stdout, stderr } = await stage.svc(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).not.toBe("");
    expect(stage.lines("ticks")).toEqual([]);
  });

  test("no config at all", async ({ stage }) => {
    // With a supervisor of this machine's own, `start` would mean that one.
    const nobody = ["--socket", `${stage.path}/nobody.sock`];
    expect(await stage.svc("start", ...nobody)).toMatchObject({ code: 2 });
    expect(await stage.svc("check")).toMatchObject({ code: 2 });
  });

  test("a mistake in the config: nothing is started", async ({ stage }) => {
    const wrong = services({ web: { command: does("ticks", "ticks") }, db: { comand: "sleep 600" } });
    const { code, stderr } = await stage.start(wrong).ended;
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('did you mean "command"') });
    expect(stage.lines("ticks")).toEqual([]);
    expect(await stage.svc("check")).toMatchObject({ code: 2 });
    expect(stage.left()).toEqual([]);
  });
});

describe.concurrent("4: no such service", () => {
  test("names given to svc start, also to --exit-code-from, before anything runs", async ({ stage }) => {
    const config = services({ web: { command: does("ticks", "ticks") } });
    for (const args of [["wbe"], ["--exit-code-from", "wbe"], ["web.2"]]) {
      const { code, stderr } = await stage.start(config, ...args).ended;
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining(`"${args.at(-1)}"`) });
    }
    expect(stage.lines("ticks")).toEqual([]);
  });
});

describe.concurrent("130, 131: stopped by SIGINT, SIGQUIT (129: see the terminal's tests)", () => {
  test.for([
    ["SIGINT", 130],
    ["SIGQUIT", 131],
  ] as const)("%s: %i", async ([signal, code], { stage }) => {
    const svc = stage.start(services({ web: { command: does("notes-stop", "notes", 0, 7) } }));
    await svc.ready("web");
    svc.kill(signal);
    expect(await svc.ended).toMatchObject({ code });
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone"]);
    expect(stage.left()).toEqual([]);
  });
});

interface Case {
  readonly ends: string;
  readonly code: number;
  readonly service: Readonly<Record<string, unknown>>;
}

/** The ends that both `essential` and `--exit-code-from` know. */
const ENDS: readonly Case[] = [
  { ends: "its own code", code: 7, service: { command: exits(7), restart: "never" } },
  { ends: "its own code, though that is a success", code: 3, service: { command: exits(3), successExitCodes: [0, 3] } },
  { ends: "0", code: 0, service: { command: exits(0) } },
  { ends: "128 + the signal it died by", code: 137, service: { command: ["sh", "-c", "kill -KILL $$"], restart: "never" } },
  { ends: "127 where it was not found", code: 127, service: { command: "no-such-program" } },
  { ends: "1 where its folder is missing", code: 1, service: { command: "sleep 600", cwd: "no-such-folder" } },
  { ends: "1 where its env file is missing", code: 1, service: { command: "sleep 600", envFile: "no-such.env" } },
  { ends: "1 where its folder is a file", code: 1, service: { command: "sleep 600", cwd: "services.json" } },
  { ends: "126 where it was not executable", code: 126, service: { command: "./services.json" } },
  { ends: "126 where it is no program", code: 126, service: { command: "./shapeless" } },
  { ends: "1 where it was skipped", code: 1, service: { ...other, dependsOn: { bad: "started" } } },
  { ends: "1 where it could not start otherwise", code: 1, service: { ...other, cwd: "./services.json/below" } },
  {
    ends: "1 where it was stopped as not ready and said 0",
    code: 1,
    // Its stop waits until it listens: a shell may need longer for that than its readiness has.
    service: {
      command: ["sh", "-c", "trap 'exit 0' TERM; : > listens; while :; do sleep 0.02; done"],
      stop: { command: ["sh", "-c", "until [ -e listens ]; do sleep 0.02; done; kill $SVC_PID"], timeout: "1m" },
      restart: "never",
      ready: { log: "never said", timeout: "300ms" },
    },
  },
];

describe.concurrent("N: essential and --exit-code-from", () => {
  const rest = { bystander: { command: does("notes-stop", "notes", 0) }, bad: { command: "no-such-program" } };

  test.for(ENDS)("essential: $ends ($code)", async ({ service, code }, { stage }) => {
    stage.write("shapeless", "echo\n", 0o755);
    expect(await stage.start(services({ ...rest, job: { ...service, essential: true } })).ended).toMatchObject({ code });
    expect(stage.left()).toEqual([]);
  });

  test.for(ENDS)("--exit-code-from: $ends ($code)", async ({ service, code }, { stage }) => {
    stage.write("shapeless", "echo\n", 0o755);
    expect(await stage.start(services({ ...rest, job: service }), "--exit-code-from", "job").ended).toMatchObject({ code });
    expect(stage.left()).toEqual([]);
  });

  test("the rest is stopped as at any stop", async ({ stage }) => {
    const job = { command: does("waits-for", "go", 7), restart: "never", essential: true };
    const svc = stage.start(services({ web: { command: does("notes-stop", "notes", 0) }, job }));
    await svc.ready("web", "job");
    stage.write("go", "");
    const { code, stderr } = await svc.ended;
    expect(code).toBe(7);
    expect(stderr).toMatch(/^svc +\| stopping all services: job is essential$/m);
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone"]);
    expect(stage.left()).toEqual([]);
  });

  test("an essential service that is restarted has not ended for good", async ({ stage }) => {
    const maxRestarts = { count: 2, within: "1m" };
    const job = { command: ["sh", "-c", "echo run >>runs; exit 9"], essential: true, backoff: { initial: "1ms", max: "1ms" }, maxRestarts };
    expect(await stage.start(services({ job, other })).ended).toMatchObject({ code: 9 });
    expect(stage.lines("runs")).toEqual(["run", "run", "run"]);
  });

  const limited = { backoff: { initial: "1ms", max: "1ms" }, maxRestarts: { count: 1, within: "1m" } };
  test.for([
    ["never", "at its end", {}],
    ["on-failure", "at the end that its limit does not answer with a restart", limited],
    ["on-failure", "at its end, where 3 is a success", { successExitCodes: [0, 3] }],
    ["always", "at the end that its limit does not answer with a restart", limited],
  ] as const)("an essential service that exits 3, with restart %s: %s, and svc exits 3 too", async ([restart, , more], { stage }) => {
    const web = { command: does("notes-stop", "notes", 0) };
    const job = {
      command: ["sh", "-c", "until [ -e go ]; do sleep 0.02; done; echo run >>runs; exit 3"],
      essential: true,
      restart,
      ...more,
    };
    const svc = stage.start(services({ web, job }));
    await svc.ready("web");
    stage.write("go", "");
    expect(await svc.ended).toMatchObject({ code: 3 });
    expect(stage.lines("runs")).toHaveLength("maxRestarts" in more ? 2 : 1);
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone"]);
  });

  test("--exit-code-from is its first ending, though it would be restarted", async ({ stage }) => {
    const job = { command: ["sh", "-c", "echo run >>runs; exit 9"], restart: "always", backoff: { initial: "1ms", max: "1ms" } };
    expect(await stage.start(services({ job, other }), "--exit-code-from", "job").ended).toMatchObject({
      code: 9,
      stderr: expect.stringContaining("stopping all services: job has ended, and --exit-code-from names it\n"),
    });
    expect(stage.lines("runs")).toEqual(["run"]);
  });

  test.for([
    ["two essential services", true, true, []],
    ["an essential service before the one of --exit-code-from", true, false, ["--exit-code-from", "second"]],
    ["the one of --exit-code-from before an essential service", false, true, ["--exit-code-from", "first"]],
  ] as const)("the first to end decides: %s", async ([, one, two, args], { stage }) => {
    const first = { command: does("waits-for", "go", 3), restart: "never", essential: one };
    const second = { command: does("notes-stop", "notes", 0, 4), restart: "never", essential: two };
    const svc = stage.start(services({ first, second }), ...args);
    await svc.ready("first", "second");
    stage.write("go", "");
    expect(await svc.ended).toMatchObject({ code: 3 });
    expect(stage.lines("notes")).toEqual(["second TERM", "second gone"]);
  });

  test.for([
    ["essential", true, []],
    ["--exit-code-from", false, ["--exit-code-from", "job"]],
  ] as const)("a stop or a restart by command is no such end: %s", async ([, essential, args], { stage }) => {
    const svc = stage.start(services({ job: { command: does("notes-stop", "notes", 0, 9), restart: "never", essential }, other }), ...args);
    await svc.ready("job");
    expect(await stage.svc("restart", "job")).toMatchObject({ code: 0 });
    expect(await stage.svc("stop", "job")).toMatchObject({ code: 0 });
    expect(stage.lines("notes")).toEqual(["job TERM", "job gone", "job TERM", "job gone"]);
    expect((await stage.list()).map(({ state }) => state)).toEqual(["stopped", "running"]);
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 0 });
  });

  test.for([
    ["SIGTERM", 0],
    ["SIGINT", 130],
  ] as const)("what ends after an earlier %s does not decide", async ([signal, code], { stage }) => {
    const job = { command: does("notes-stop", "notes", 0, 9), restart: "never", essential: true };
    const svc = stage.start(services({ job, other }), "--exit-code-from", "job");
    await svc.ready("job");
    svc.kill(signal);
    expect(await svc.ended).toMatchObject({ code });
    expect(stage.lines("notes")).toEqual(["job TERM", "job gone"]);
  });
});

describe.concurrent("the supervisor ends by itself", () => {
  test("when every wanted service is completed, failed or skipped", async ({ stage }) => {
    const bad = { command: exits(3), restart: "never" };
    const skipped = { ...other, dependsOn: { bad: "completed" } };
    const late = { command: does("waits-for", "go", 0) };
    const svc = stage.start(services({ bad, done: { command: exits(0) }, skipped, late }));
    await svc.ready("late");
    await stage.shows("skipped", "skipped");
    stage.write("go", "");
    expect(await svc.ended).toMatchObject({ code: 1 });
  });

  test("not while one was stopped by command, until that one has been started again and has ended", async ({ stage }) => {
    const once = { command: does("waits-for", "go", 0) };
    const svc = stage.start(services({ web: { command: does("waits-for", "go", 0) }, once }));
    await svc.ready("web", "once");
    expect(await stage.svc("stop", "web")).toMatchObject({ code: 0 });
    stage.write("go", "");
    await stage.shows("once", "completed");
    expect(await stage.shows("web", "stopped")).toMatchObject({ pid: null });
    expect(svc.process.exitCode).toBeNull();
    expect(await stage.svc("start", "web")).toMatchObject({ code: 0 });
    expect(await svc.ended).toMatchObject({ code: 0 });
  });

  test("not while one is in backoff", async ({ stage }) => {
    const svc = stage.start(services({ web: { command: exits(3), backoff: patient }, done: { command: exits(0) } }));
    await svc.says(/done exited 0, completed/);
    await stage.shows("web", "backoff");
    expect(svc.process.exitCode).toBeNull();
  });
});
