import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { SvcError } from "../../src/core/errors.ts";
import type { LogRecord } from "../../src/core/protocol.ts";
import type { Row } from "../../src/core/row.ts";
import type { Caller } from "../../src/effects/control/dispatch.ts";
import { type MethodHandlers, methodMap } from "../../src/effects/control/methods.ts";
import { createControlServer } from "../../src/effects/control/server.ts";
import { guardProcesses } from "../helpers/guard.ts";
import { until } from "../helpers/until.ts";

const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const guard = guardProcesses();
const folder = mkdtempSync(join(tmpdir(), "svc-cli-"));
const closings: (() => Promise<void>)[] = [];
let count = 0;

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const row: Row = {
  name: "web",
  service: "web",
  instance: 1,
  state: "running",
  pid: 4711,
  startedAt: "2026-01-02T03:04:05.000Z",
  uptimeMs: 200_000,
  restarts: 2,
  ready: true,
  healthy: null,
  cpu: 1.26,
  memory: 44 * 1024 ** 2,
  lastExit: { code: 3, signal: null, kind: "exited", reason: "exited 3", at: "2026-01-02T03:04:04.500Z" },
  nextStartAt: null,
  command: "node server.js",
};

const record: LogRecord = {
  time: "2026-01-02T03:04:05.000Z",
  service: "web",
  instance: 1,
  stream: "stdout",
  pid: 4711,
  line: "hello",
};

/** A real server whose methods answer what the test says. Returns its socket. */
async function serve(handlers: Partial<MethodHandlers>): Promise<string> {
  const path = join(folder, `${++count}.sock`);
  const hello = { version: "0.0.0", pid: process.pid, config: "/shop/services.ts" };
  const server = await createControlServer({ path, hello, methods: methodMap(handlers), onFault: () => {} });
  closings.push(() => server.close());
  return path;
}

interface Running {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

function svc(args: readonly string[], env: Readonly<Record<string, string>> = {}, program = process.execPath): Running {
  const { NO_COLOR: _, FORCE_COLOR: __, ...clean } = guard.env as Record<string, string>;
  const argv = program === process.execPath ? [BIN, ...args] : [...args];
  const child = spawn(program, argv, {
    cwd: folder,
    env: { ...clean, XDG_RUNTIME_DIR: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, ...output }));
  });
  return { child, output, ended };
}

const run = (socket: string, ...args: string[]) => svc([...args, "--socket", socket]).ended;

describe("svc list", () => {
  it("is an aligned table", async () => {
    const stopped: Row = {
      ...row,
      name: "db",
      state: "stopped",
      pid: null,
      uptimeMs: null,
      restarts: 0,
      cpu: null,
      memory: null,
      lastExit: null,
    };
    const socket = await serve({ list: () => ({ services: [row, stopped] }) });
    expect(await run(socket, "list")).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "NAME  STATE    PID   UPTIME  RESTARTS  CPU   MEM  LAST-EXIT",
        "web   running  4711  3m 20s  2         1.3%  44M  exited 3",
        "db    stopped  -     -       0         -     -    -",
        "",
      ].join("\n"),
    });
  });

  it("--json is the array of rows", async () => {
    const socket = await serve({ list: () => ({ services: [row] }) });
    const { stdout, code } = await run(socket, "list", "--json");
    expect([JSON.parse(stdout), code]).toEqual([[row], 0]);
  });

  it("shows control characters as what they are", async () => {
    const lastExit = { ...row.lastExit!, reason: "cannot start: ENOENT \x1b[2J\nforged" };
    const socket = await serve({ list: () => ({ services: [{ ...row, lastExit }] }) });
    const { stdout } = await run(socket, "list");
    expect(stdout).toContain("cannot start: ENOENT \\x1b[2J\\nforged\n");
  });

  it("has colours where they are forced, and none with --no-color", async () => {
    const socket = await serve({ list: () => ({ services: [row] }) });
    const args = ["list", "--socket", socket];
    expect((await svc(args, { FORCE_COLOR: "1" }).ended).stdout).toContain("\x1b[32mrunning\x1b[39m");
    expect((await svc([...args, "--no-color"], { FORCE_COLOR: "1" }).ended).stdout).not.toContain("\x1b");
    expect((await svc(args).ended).stdout).not.toContain("\x1b");
  });
});

describe("svc status", () => {
  const detail = {
    name: "web",
    endings: [row.lastExit!],
    dependsOn: [
      { service: "db", condition: "ready" as const, met: true, reason: null, states: ["running", "running"] as const },
      { service: "migrate", condition: "completed" as const, met: false, reason: null, states: ["running"] as const },
      { service: "queue", condition: "started" as const, met: false, reason: "queue failed", states: ["failed"] as const },
    ],
    neededBy: [{ service: "worker", condition: "started" as const, met: true, reason: null, states: [] }],
    lastCheck: { ok: false, at: "2026-01-02T03:04:05.678Z", what: "GET http://127.0.0.1:3000/healthz answered 503", failures: 2 },
    says: "3 jobs in the queue",
    socket: "port 3000 (open)",
    schedule: "0 3 * * * (Europe/Berlin)",
    restart: "on-failure" as const,
    stop: { signal: "SIGTERM", timeoutMs: 5000 },
    command: "node server.js",
    cwd: "/shop",
    runsAs: "shop:staff",
    limits: { memory: 314_572_800, files: 512 },
    watch: ["/shop/src"],
    logFiles: ["/shop/logs/web.log", "/state/logs/web.log"],
  };

  it("says all that is known", async () => {
    const socket = await serve({ status: () => ({ rows: [row], detail: [detail] }) });
    const { stdout, code } = await run(socket, "status", "web");
    expect(code).toBe(0);
    for (const text of [
      "web: running",
      "4711",
      "3m 20s",
      "node server.js",
      "/shop",
      "SIGTERM, SIGKILL after 5 s",
      "  depends on   db       ready                2 running\n",
      "               migrate  completed (not yet)  running\n",
      "               queue    started (cannot be)  failed (queue failed)\n",
      "  needed by    worker  started  no instances\n",
      "3 jobs in the queue",
      "  socket       port 3000 (open)\n",
      "  schedule     0 3 * * * (Europe/Berlin)\n",
      "  runs as      shop:staff\n",
      "  limits       memory 300M, files 512\n",
      "  watch        /shop/src\n",
      "  log files    /shop/logs/web.log\n               /state/logs/web.log\n",
      "GET http://127.0.0.1:3000/healthz answered 503: failed, 2 times in a row",
      "exited 3",
    ]) {
      expect(stdout).toContain(text);
    }
  });

  it("says what an older supervisor tells", async () => {
    const { runsAs: _runsAs, limits: _limits, watch: _watch, logFiles: _logFiles, ...older } = detail;
    const socket = await serve({ status: () => ({ rows: [row], detail: [older] }) });
    const { stdout, code } = await run(socket, "status", "web");
    expect([code, stdout]).toEqual([0, expect.stringContaining("SIGTERM, SIGKILL after 5 s\n")]);
  });

  it("an unknown service is exit code 4 with the supervisor's hint", async () => {
    const socket = await serve({
      status: ({ name }) => {
        throw new SvcError(`no such service: "${name}"`, 4, { hint: 'did you mean "web"?' });
      },
    });
    expect(await run(socket, "status", "wbe")).toEqual({
      code: 4,
      stdout: "",
      stderr: 'svc: no such service: "wbe"\n  did you mean "web"?\n',
    });
  });
});

describe("svc logs", () => {
  const logs = (records: readonly LogRecord[], follow?: (caller: Caller) => void): Partial<MethodHandlers> => ({
    list: () => ({ services: [row] }),
    logs: (_, caller) => {
      follow?.(caller);
      return { records };
    },
  });

  it("prints lines behind their names, the supervisor's own words under svc", async () => {
    const socket = await serve(logs([record, { ...record, line: "über\x07" }, { ...record, stream: "svc", line: "web exited 3" }]));
    expect(await run(socket, "logs")).toEqual({ code: 0, stderr: "", stdout: "web | hello\nweb | über\\x07\nsvc | web exited 3\n" });
  });

  it("--grep counts before --lines", async () => {
    const socket = await serve(logs(["a1", "b1", "a2", "b2"].map((line) => ({ ...record, line }))));
    expect((await run(socket, "logs", "--grep", "^a", "-n", "1")).stdout).toBe("web | a2\n");
  });

  it("--json prints one record a line", async () => {
    const socket = await serve(logs([record, { ...record, line: "ü" }]));
    const { stdout } = await run(socket, "logs", "--json");
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([record, { ...record, line: "ü" }]);
  });

  it("-f goes on until the supervisor ends, in order, and says what was missed", async () => {
    let caller: Caller | null = null;
    const socket = await serve(
      logs([record], (from) => {
        caller = from;
        const follow = from.follow("log");
        follow.send({ ...record, line: "second" });
        follow.send({ dropped: 7 });
      }),
    );
    const running = svc(["logs", "-f", "--socket", socket]);
    await until(() => running.output.stderr);
    expect(caller).not.toBeNull();
    await closings.pop()?.();
    expect(await running.ended).toEqual({
      code: 0,
      stdout: "web | hello\nweb | second\n",
      stderr: "svc: 7 lines were missed: this reader was too slow\n",
    });
  });

  it("ends quietly with 0 when its reader has seen enough", async () => {
    const socket = await serve(logs(Array.from({ length: 100_000 }, () => ({ ...record, line: "x".repeat(100) }))));
    const command = '"$0" "$1" logs --socket "$2"; echo "exit code $?" >&2';
    const { stderr } = await svc(["-c", `(${command}) | head -1 >/dev/null`, process.execPath, BIN, socket], {}, "/bin/sh").ended;
    expect(stderr).toBe("exit code 0\n");
  });
});

describe("a command whose output is full", () => {
  it.each(["stdout", "stderr"])("ends with 1, and says what is wrong where it can: %s", async (stream) => {
    const redirection = stream === "stdout" ? ">/dev/full" : "2>/dev/full";
    const words = stream === "stdout" ? "--help" : "lst";
    const { stderr } = await svc(
      ["-c", `("$0" "$1" ${words} ${redirection}); echo "exit code $?" >&2`, process.execPath, BIN],
      {},
      "/bin/sh",
    ).ended;
    const said = stream === "stdout" ? "svc: cannot write to stdout: ENOSPC: no space left on device, write\n" : "";
    expect(stderr).toBe(`${said}exit code 1\n`);
  });
});

describe("a command that waits", () => {
  it("ends with 130 at Ctrl-C, and the supervisor goes on", async () => {
    let asked = false;
    const socket = await serve({
      restart: () => {
        asked = true;
        return new Promise(() => {});
      },
      health: () => ({ ok: true, problems: [] }),
    });
    const running = svc(["restart", "web", "--socket", socket]);
    await until(() => asked);
    running.child.kill("SIGINT");
    const goesOn = "svc: no longer waiting; the restart goes on (see svc list)\n";
    expect(await running.ended).toEqual({ code: 130, stdout: "", stderr: goesOn });
    expect(await run(socket, "health")).toMatchObject({ code: 0 });
  });

  it("says on a terminal what it waits for, and erases it in the end", async () => {
    let finish: (() => void) | null = null;
    const socket = await serve({
      restart: (_, caller) => {
        caller.notify("progress", { waiting: ["web", "db"] });
        return new Promise((resolve) => {
          finish = () => resolve({ rows: [row] });
        });
      },
    });
    const command = `"${process.execPath}" "${BIN}" restart web db --socket "${socket}"`;
    const running = svc(["-qec", command, "/dev/null"], {}, "script");
    await until(() => running.output.stdout.includes("waiting for web, db …"));
    finish!();
    const { stdout, code } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/waiting for web, db …\r\x1b\[2Kweb running \(pid 4711\)\r\n$/);
  });
});

describe("results and exit codes", () => {
  it("svc stop says what is down, and the note on stderr", async () => {
    const seen: unknown[] = [];
    const socket = await serve({
      stop: (params) => {
        seen.push(params);
        return { stopped: ["web"], note: "still running and depending on web: worker" };
      },
    });
    const done = await run(socket, "stop", "web", "--timeout", "1.5s");
    expect(done).toEqual({ code: 0, stdout: "stopped web\n", stderr: "svc: still running and depending on web: worker\n" });
    expect(await run(socket, "stop", "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(seen).toEqual([
      { names: ["web"], now: false, timeoutMs: 1500 },
      { names: [], now: false },
    ]);
  });

  it("svc health is 1 with its problems where something is not well", async () => {
    const socket = await serve({ health: () => ({ ok: false, problems: ["db is in backoff"] }) });
    expect(await run(socket, "health")).toEqual({ code: 1, stdout: "", stderr: "svc: db is in backoff\n" });
  });

  it.each([
    ["health", 1],
    ["list", 3],
    ["stop", 3],
    ["logs", 3],
    ["events", 3],
  ])("svc %s without a supervisor is %i", async (command, code) => {
    const done = await run(join(folder, "none.sock"), command);
    expect(done).toMatchObject({ code, stdout: "" });
    expect(done.stderr).toMatch(/^svc: no supervisor is running on /);
  });

  it.each([
    ["lst", "unknown command 'lst'"],
    ["list --jsn", "unknown option '--jsn'"],
    ["status", "missing required argument 'name'"],
    ["scale web", '"web" is not NAME=N'],
    ["stop --timeout soon", '--timeout: "soon" is not a duration'],
  ])("a mistake is 2 and named: svc %s", async (line, message) => {
    const done = await run(join(folder, "none.sock"), ...line.split(" "));
    expect(done).toMatchObject({ code: 2, stdout: "" });
    expect(done.stderr).toContain(`svc: ${message}`);
  });

  it("a near miss of a command or an option gets a guess", async () => {
    expect((await svc(["lst"]).ended).stderr).toContain("Did you mean list?");
    expect((await svc(["list", "--jsn"]).ended).stderr).toContain("Did you mean --json?");
  });

  it("--version and help are 0", async () => {
    expect(await svc(["--version"]).ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    for (const args of [["--help"], ["list", "--help"], ["help", "list"]]) {
      expect(await svc(args).ended).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^Usage: svc/) });
    }
    expect((await svc(["list", "--help"]).ended).stdout).toMatch(/Examples:\n {2}svc list\n/);
  });

  it("svc signal, scale, wait and reload carry over what was asked", async () => {
    const seen: unknown[] = [];
    const noting =
      <T>(answer: T) =>
      (params: unknown): T => {
        seen.push(params);
        return answer;
      };
    const socket = await serve({
      signal: noting({}),
      scale: noting({ rows: [row] }),
      wait: noting({ rows: [row, { ...row, name: "web.2", pid: 4712 }] }),
      reload: noting({ added: ["x"], removed: [], restarted: ["web"], scaled: ["db=2"], changed: [], unchanged: [], forAll: ["log"] }),
    });
    expect(await run(socket, "signal", "web", "hup", "--group")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await run(socket, "scale", "web=3")).toMatchObject({ code: 0, stdout: "web running (pid 4711)\n" });
    const stdout = "web running (pid 4711)\nweb.2 running (pid 4712)\n";
    expect(await run(socket, "wait", "web", "--for", "ready", "--timeout", "2s")).toMatchObject({ code: 0, stdout });
    expect((await run(socket, "reload", "--plan")).stdout.split("\n")).toEqual([
      "would add: x",
      "would restart: web",
      "would scale: db=2",
      "would change for all services: log",
      "",
    ]);
    expect(seen).toEqual([
      { name: "web", signal: "SIGHUP", group: true },
      { name: "web", count: 3 },
      { name: "web", for: "ready", timeoutMs: 2000 },
      { plan: true },
    ]);
  });

  it("svc events follows", async () => {
    const event = { time: "2026-01-02T03:04:05.000Z", name: "web", service: "web", instance: 1, pid: null, reason: "exited 3" };
    const socket = await serve({
      events: (_, caller) => {
        caller.follow("event").send({ ...event, from: "running", to: "backoff" });
        return {};
      },
    });
    const running = svc(["events", "--socket", socket]);
    await until(() => running.output.stdout);
    running.child.kill("SIGINT");
    expect(await running.ended).toEqual({ code: 130, stderr: "", stdout: "2026-01-02T03:04:05.000Z web running → backoff (exited 3)\n" });
  });
});
