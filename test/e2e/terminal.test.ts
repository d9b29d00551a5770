import { setTimeout as after } from "node:timers/promises";
import { describe, expect } from "vitest";
import { untilBlocked } from "../helpers/blocked.ts";
import { isGone } from "../helpers/processes.ts";
import { does, type Running, type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const CTRL_C = "\x03";
const CTRL_Z = "\x1a";

/** Milliseconds by which a busy machine may be late. */
const NOISE = 20_000;

const START = "exec $svc start";

function type(terminal: Running, keys: string): void {
  terminal.process.stdin!.write(keys);
}

describe.concurrent("Ctrl-C", () => {
  test("reaches each service exactly once, through svc", async ({ stage }) => {
    const one = { command: does("notes-stop", "notes", 0.2) };
    stage.write("services.json", { services: { web: one, worker: one } });
    const terminal = stage.terminal(START);
    await terminal.ready("web", "worker");
    type(terminal, CTRL_C);
    expect(await terminal.ended).toMatchObject({ code: 130 });
    expect(stage.lines("notes").sort()).toEqual(["web TERM", "web gone", "worker TERM", "worker gone"]);
    expect(stage.left()).toEqual([]);
  });

  test("a second one kills a deaf service at once", async ({ stage }) => {
    const web = { command: does("notes-deaf", "notes"), stop: { timeout: "1h" } };
    stage.write("services.json", { shutdownTimeout: "1h", services: { web } });
    const terminal = stage.terminal(START);
    await terminal.ready("web");
    type(terminal, CTRL_C);
    await until(() => stage.lines("notes").length > 0);
    const began = performance.now();
    type(terminal, CTRL_C);
    expect(await terminal.ended).toMatchObject({ code: 130 });
    expect(performance.now() - began).toBeLessThan(500 + NOISE);
    expect(stage.lines("notes")).toEqual(["web TERM"]);
    await until(() => stage.left().length === 0);
  });

  test("ends the evaluation of a config", async ({ stage }) => {
    stage.write("services.mjs", `console.error("evaluating"); await new Promise((done) => setTimeout(done, 3_600_000));`);
    const terminal = stage.terminal(START);
    await terminal.says(/evaluating/);
    type(terminal, CTRL_C);
    expect(await terminal.ended).toMatchObject({ code: 130 });
    expect(stage.left()).toEqual([]);
  });

  test("ends only the wait of a client", async ({ stage }) => {
    const svc = stage.start({ services: { web: { command: does("waits-for", "go", 0) } } });
    await svc.ready("web");
    const terminal = stage.terminal("echo waiting; exec $svc wait web --for completed");
    // The line that says what is waited for comes when the client listens.
    await terminal.says(/waiting[\s\S]*web/);
    type(terminal, CTRL_C);
    expect(await terminal.ended).toMatchObject({ code: 130 });
    expect(await stage.shows("web", "running")).toMatchObject({ restarts: 0 });
  });
});

describe.concurrent("SIGHUP with a controlling terminal", () => {
  const config = { services: { web: { command: does("notes-stop", "notes", 0.1) } } };

  test("stops all and exits 129, without a reload", async ({ stage }) => {
    stage.write("services.json", config);
    const terminal = stage.terminal("echo pid=$$; exec $svc start");
    await terminal.ready("web");
    process.kill(Number(/pid=(\d+)/.exec(terminal.stdout())![1]), "SIGHUP");
    const { code, stdout } = await terminal.ended;
    expect(code).toBe(129);
    expect(stdout).not.toContain("reload");
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone"]);
    expect(stage.left()).toEqual([]);
  });

  test("closing the terminal stops everything", async ({ stage }) => {
    stage.write("services.json", config);
    // The kernel tells the session's leader, and at the leader's end everybody in the foreground: svc, and the shell that notes its code.
    const terminal = stage.terminal("sh -c 'trap : HUP; $svc start; echo $? >code'; true");
    await terminal.ready("web");
    terminal.kill("SIGKILL");
    await until(() => stage.lines("code").length === 1);
    expect(stage.lines("code")).toEqual(["129"]);
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone"]);
    await until(() => stage.left().length === 0);
  });
});

describe.concurrent("an interactive shell whose terminal is closed", () => {
  test("sends SIGHUP more than once, and services still get the time that their stop needs", async ({ stage }) => {
    stage.write("services.json", { services: { web: { command: does("notes-stop", "notes", 0.5) } } });
    const terminal = stage.terminal("bash --norc -i");
    type(terminal, "$svc start\n");
    await terminal.ready("web");
    terminal.kill("SIGKILL");
    await until(() => stage.left().length === 0);
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone"]);
  });
});

describe.concurrent("Ctrl-Z", () => {
  test("suspends svc only; when it continues, what came due happens at once", async ({ stage }) => {
    const counted = ["sh", "-c", 'echo run >>runs; exec "$@"', "sh", ...does("waits-for", "crash", 3)];
    const crash = { command: counted, backoff: { initial: "6s", max: "1h", factor: 1000, jitter: 0 } };
    stage.write("services.json", { services: { ticks: { command: does("ticks", "ticks") }, crash } });
    const shell = "while [ ! -e go ]; do sleep 0.02; done";
    const terminal = stage.terminal(`set -m; $svc start; echo suspended $?; ${shell}; fg >/dev/null; exit $?`);
    await terminal.ready("ticks", "crash");
    stage.write("crash", "");
    await terminal.says(/crash exited 3, restarting/);
    type(terminal, CTRL_Z);
    await terminal.says(/suspended 148/);
    const before = stage.lines("ticks").length;
    await after(6_500);
    await until(() => stage.lines("ticks").length > before);
    expect(stage.lines("runs")).toEqual(["run"]);
    stage.write("go", "");
    await until(() => stage.lines("runs").length === 2);
    type(terminal, CTRL_C);
    expect(await terminal.ended).toMatchObject({ code: 130 });
    expect(stage.left()).toEqual([]);
  });
});

describe.concurrent("lines on a terminal", () => {
  const says = (text: string) => ({ command: ["sh", "-c", `echo ${text}; echo colour=$FORCE_COLOR`] });
  const config = { services: { web: says("one"), "long-name": says("two") } };
  const shown = async (stage: Stage, env: Record<string, string>, ...args: string[]): Promise<string[]> => {
    stage.write("services.json", config);
    const { code, stdout } = await stage.terminal([START, ...args].join(" "), env).ended;
    expect(code).toBe(0);
    return stdout.split("\r\n");
  };

  test("are prefixed, aligned and coloured; services are told that there are colours", async ({ stage }) => {
    const lines = await shown(stage, {});
    const prefix = (line: string) => line.replace(/\x1b\[\d+m/g, "");
    expect(lines).toContainEqual(expect.stringMatching(/^\x1b\[\d+mweb {7}│\x1b\[0m one$/));
    expect(lines).toContainEqual(expect.stringMatching(/^\x1b\[\d+mlong-name │\x1b\[0m two$/));
    expect(lines).toContainEqual(expect.stringMatching(/^\x1b\[1msvc {7}│\x1b\[0m web started \(pid \d+\)$/));
    expect(lines.map(prefix)).toContain("web       │ colour=1");
    expect(lines.filter(Boolean).map((line) => prefix(line).indexOf("│"))).toEqual(lines.filter(Boolean).map(() => 10));
  });

  test.for([
    ["NO_COLOR", { NO_COLOR: "1" }, []],
    ["--no-color", {}, ["--no-color"]],
    ["TERM=dumb", { TERM: "dumb" }, []],
  ] as const)("have no colours with %s", async ([, env, args], { stage }) => {
    const lines = await shown(stage, env, ...args);
    expect(lines.join("\n")).not.toContain("\x1b");
    expect(lines).toContain("web       │ one");
    expect(lines).toContain("long-name │ two");
    expect(lines).toContain("web       │ colour=");
  });

  test("a service is not told so where its own environment says something of colours; svc env says who told it", async ({ stage }) => {
    const web = { command: ["sh", "-c", "echo ready; exec sleep 600"] };
    const services = {
      web,
      own: { ...web, env: { FORCE_COLOR: "3" } },
      none: { ...web, envFile: "none" },
      unset: { ...web, env: { NO_COLOR: null } },
    };
    stage.write("none", "NO_COLOR=1\n");
    stage.write("services.json", { services });
    const terminal = stage.terminal(START);
    await terminal.ready("web", "own", "none", "unset");
    const about = async (name: string): Promise<object> => {
      const { stdout } = await stage.svc("env", name, "--show", "--json");
      const [{ variables }] = JSON.parse(stdout);
      const colours = variables.filter((one: { name: string }) => one.name.endsWith("_COLOR"));
      return Object.fromEntries(
        colours.map((one: { name: string; from: string; value: string }) => [one.name, `${one.value} ${one.from}`]),
      );
    };
    expect(await about("web")).toEqual({ FORCE_COLOR: "1 svc" });
    expect(await about("own")).toEqual({ FORCE_COLOR: `3 ${stage.path}/services.json` });
    expect(await about("none")).toEqual({ NO_COLOR: `1 ${stage.path}/none` });
    expect(await about("unset")).toEqual({});
    type(terminal, CTRL_C);
    await terminal.ended;
  });

  test("are plain where there is no terminal", async ({ stage }) => {
    const { stdout } = await stage.start(config).ended;
    expect(stdout.split("\n").sort()).toEqual(["", "long-name | colour=", "long-name | two", "web       | colour=", "web       | one"]);
  });
});

describe.concurrent("a terminal that nobody reads", () => {
  test("svc answers its clients and obeys SIGTERM within its deadline", async ({ stage }) => {
    const services = { flood: { command: does("floods", "go", "pid") }, web: { command: does("notes-stop", "notes", 0.1) } };
    stage.write("services.json", { shutdownTimeout: "6s", services });
    const terminal = stage.terminal("echo $$ >svc.pid; exec $svc start");
    await terminal.ready("flood", "web");
    terminal.process.stdout!.pause();
    stage.write("go", "");
    await until(() => stage.lines("pid").length === 1);
    const flooding = Number(stage.lines("pid")[0]);
    await untilBlocked(flooding);
    expect((await stage.list()).map(({ state }) => state)).toEqual(["running", "running"]);
    expect(await stage.svc("status", "flood")).toMatchObject({ code: 0 });
    const svc = Number(stage.lines("svc.pid")[0]);
    const began = performance.now();
    process.kill(svc, "SIGTERM");
    await until(() => isGone(svc));
    expect(performance.now() - began).toBeLessThan(6_500 + NOISE);
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone"]);
    await until(() => isGone(flooding));
  });
});
