import { describe, expect, test } from "vitest";
import { type Place, sh, usePlaces } from "../helpers/fleet.ts";
import { isGone, processesInGroup, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();

/** Keeps the supervisor from ending by itself when the service under test has ended. */
const other = { command: "sleep 600" };

/** Says on which signals it was asked to end, in the file `heard`, once it stands ready for them. */
function listener(signals: readonly string[], more = ""): string[] {
  const traps = signals.map((signal) => `trap 'echo ${signal} >> heard; exit 0' ${signal}`).join("\n");
  return sh(`${traps}\n${more}\n: > up; while :; do sleep 0.02; done`);
}

const DEAF = sh("trap '' TERM; sleep 600 & : > up; while :; do wait; sleep 0.05; done");

const isUp = (at: Place): Promise<boolean> => until(() => at.exists("up"));

describe("the stop of one service", () => {
  test("one that ignores its signal is killed when its time is over, with all of its tree", async () => {
    const at = place();
    await at.start({ deaf: { command: DEAF, stop: { timeout: "600ms" } }, other });
    await isUp(at);
    const { pid } = await at.has("deaf", "running");
    const before = Date.now();
    expect(await at.svc("stop", "deaf")).toMatchObject({ code: 0, stdout: "stopped deaf\n" });
    const row = await at.row("deaf");
    expect(row).toMatchObject({ state: "stopped", pid: null, lastExit: { signal: "SIGKILL", kind: "killed-by-svc" } });
    expect(row.lastExit?.reason).toBe("killed by svc after 600 ms");
    expect(Date.parse(row.lastExit!.at) - before).toBeGreaterThanOrEqual(600);
    expect(processesInGroup(pid!)).toEqual([]);
  });

  test("from the signal to the death stop.timeout passes, and no more than what svc itself needs", async () => {
    const at = place();
    const names = ["a", "b", "c", "d", "e"];
    const deaf = { command: sh("trap '' TERM; : > up.$SVC_SERVICE; while :; do sleep 0.05; done"), stop: { timeout: "300ms" } };
    await at.start(Object.fromEntries([...names.map((name) => [name, deaf]), ["other", other]]));
    await until(() => names.every((name) => at.exists(`up.${name}`)));
    const took: number[] = [];
    for (const name of names) {
      const before = Date.now();
      await at.ask("stop", { names: [name] });
      took.push(Date.parse((await at.row(name)).lastExit!.at) - before);
    }
    expect(Math.min(...took)).toBeGreaterThanOrEqual(300);
    // A busy machine may hold up one or the other; the best of them says what svc does.
    expect(Math.min(...took)).toBeLessThanOrEqual(300 + 5_000);
  });

  test("stop.signal is the one signal that it gets", async () => {
    const at = place();
    await at.start({ web: { command: listener(["TERM", "INT", "USR2"]), stop: { signal: "SIGUSR2" } }, other });
    await isUp(at);
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(at.lines("heard")).toEqual(["USR2"]);
    expect((await at.row("web")).lastExit).toMatchObject({ code: 0, kind: "exited", reason: "exited 0" });
  });

  test("a stopped process hears of its stop", async () => {
    const at = place();
    await at.start({ web: { command: listener(["TERM"]) }, other });
    await isUp(at);
    expect(await at.svc("signal", "--group", "web", "STOP")).toMatchObject({ code: 0 });
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(at.lines("heard")).toEqual(["TERM"]);
  });

  test("stop.command takes the place of the signal, and knows the pid", async () => {
    const at = place();
    const command = sh('echo "$SVC_PID $SVC_SERVICE" > asked; kill -USR1 "$SVC_PID"');
    await at.start({ web: { command: listener(["TERM", "USR1"]), stop: { command } }, other });
    await isUp(at);
    const { pid } = await at.row("web");
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(at.lines("asked")).toEqual([`${pid} web`]);
    expect(at.lines("heard")).toEqual(["USR1"]);
  });

  test("a stop.command that fails is followed by the signal", async () => {
    const at = place();
    const svc = await at.start({ web: { command: listener(["TERM"]), stop: { command: sh("exit 7") } }, other });
    await isUp(at);
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(at.lines("heard")).toEqual(["TERM"]);
    await svc.says("the stop command of web exited 7; sending SIGTERM");
  });

  test("a stop.command that never ends does not keep the service from being killed in time", async () => {
    const at = place();
    await at.start({ web: { command: listener(["TERM"]), stop: { command: "sleep 600", timeout: "300ms" } }, other });
    await isUp(at);
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(await at.row("web")).toMatchObject({ state: "stopped" });
  });

  test.each([
    { target: "group", heard: ["child", "main"] },
    { target: "main", heard: ["main"] },
  ])("stop.target $target: the signal reaches $heard, and nobody is left", async ({ target, heard }) => {
    const at = place();
    at.write("child.sh", "trap 'echo child >> heard; exit 0' TERM; while :; do echo x >> turns; sleep 0.02; done");
    const main = "trap 'echo main >> heard; until [ -e end ]; do sleep 0.02; done; exit 0' TERM; : > up; while :; do sleep 0.02; done";
    await at.start({ web: { command: sh(`sh child.sh & ${main}`), stop: { target, timeout: "1h" } }, other });
    await until(() => at.exists("up") && at.exists("turns"));
    const { pid } = await at.row("web");
    const stop = at.spawn(["stop", "web"]);
    await until(() => at.lines("heard").includes("main"));
    // A shell answers a signal before its next command: a child that goes on has got none.
    const turns = at.lines("turns").length;
    await until(() => at.lines("heard").length === 2 || at.lines("turns").length > turns + 3);
    at.write("end", "");
    expect((await stop.ended).code).toBe(0);
    expect(at.lines("heard").sort()).toEqual(heard);
    expect(processesInGroup(pid!)).toEqual([]);
  });

  test.each([
    { tree: true, survives: false },
    { tree: false, survives: true },
  ])("stop.tree $tree: a daemon in a session of its own survives: $survives", async ({ tree, survives }) => {
    const at = place();
    const command = sh("(setsid sh -c 'echo $$ > daemon; exec sleep 600' >/dev/null 2>&1 &)\nexec sleep 600");
    await at.start({ web: { command, stop: { tree } }, other });
    const daemon = await until(() => Number(at.read("daemon")));
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(isGone(daemon)).toBe(!survives);
  });

  test("--now kills at once, and --timeout replaces stop.timeout", async () => {
    const at = place();
    const stop = { timeout: "1h" };
    const deaf = sh("trap '' TERM; : > up.$SVC_SERVICE; while :; do sleep 0.05; done");
    await at.start({ one: { command: deaf, stop }, two: { command: deaf, stop }, other });
    await until(() => at.exists("up.one") && at.exists("up.two"));
    expect(await at.svc("stop", "--now", "one")).toMatchObject({ code: 0 });
    expect((await at.row("one")).lastExit?.reason).toBe("killed by svc");
    expect(await at.svc("stop", "--timeout", "150ms", "two")).toMatchObject({ code: 0 });
    expect((await at.row("two")).lastExit?.reason).toBe("killed by svc after 150 ms");
  });

  test("the others keep their processes, and a dependent that goes on is named", async () => {
    const at = place();
    const sleeper = { command: "sleep 600" };
    await at.start({ db: sleeper, web: { ...sleeper, dependsOn: ["db"] }, worker: { ...sleeper, instances: 2 } });
    await Promise.all(["web", "worker.1", "worker.2"].map((name) => at.has(name, "running")));
    const pids = async () => (await at.ask("list", {})).services.map(({ name, pid }) => [name, pid]);
    const before = await pids();
    const done = await at.svc("stop", "db", "worker.2");
    expect(done).toMatchObject({ code: 0, stdout: "stopped db, worker.2\n" });
    expect(done.stderr).toContain("still running, and depending on what was stopped: web");
    const gone = new Set(["db", "worker.2"]);
    expect(await pids()).toEqual(before.map(([name, pid]) => [name, gone.has(name as string) ? null : pid]));
  });
});

describe("the stop of one that is not running yet", () => {
  const never = sh("[ -e go ]");

  test("while it waits for a dependency: it is not started when the dependency gets there", async () => {
    const at = place();
    const db = { command: "sleep 600", ready: { exec: never, interval: "20ms" } };
    await at.start({ db, web: { command: sh(": > started; exec sleep 600"), dependsOn: ["db"] } });
    await at.has("web", "waiting");
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    at.write("go", "");
    await at.has("db", "running");
    expect(await at.row("web")).toMatchObject({ state: "stopped", startedAt: null });
    expect(at.exists("started")).toBe(false);
  });

  test("while its restart is delayed: it is not restarted", async () => {
    const at = place();
    await at.start({ web: { command: sh("exit 1"), backoff: { initial: "1h", max: "1h" } }, other });
    await at.has("web", "backoff");
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(await at.row("web")).toMatchObject({ state: "stopped", nextStartAt: null, lastExit: { code: 1 } });
  });

  test("while it is not ready yet: it is stopped at once", async () => {
    const at = place();
    await at.start({ web: { command: listener(["TERM"]), ready: { exec: never, interval: "20ms", timeout: "1h" } }, other });
    await isUp(at);
    await at.has("web", "starting");
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(at.lines("heard")).toEqual(["TERM"]);
    expect(await at.row("web")).toMatchObject({ state: "stopped", ready: false, lastExit: { kind: "exited" } });
  });
});

describe("a later command supersedes what an earlier one waits for", () => {
  test("a start takes over a stop, and comes after the old process has ended", async () => {
    const at = place();
    const command = sh("trap '' TERM; echo x >> starts; : > up; while :; do sleep 0.05; done");
    await at.start({ deaf: { command, stop: { timeout: "1h" } }, other });
    await isUp(at);
    const { pid } = await at.has("deaf", "running");
    const stop = at.spawn(["stop", "deaf"]);
    await at.has("deaf", "stopping");
    const start = at.spawn(["start", "deaf"]);
    const stopped = await stop.ended;
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toContain('stop deaf: a later "start" of deaf took over');
    expect(at.lines("starts")).toHaveLength(1);
    signal(pid!, "SIGKILL");
    expect((await start.ended).code).toBe(0);
    await until(() => at.lines("starts").length >= 2);
    expect(at.lines("starts")).toHaveLength(2);
  });

  test("a stop takes over a start", async () => {
    const at = place();
    const web = { command: "sleep 600", ready: { exec: sh("[ -e go ]"), interval: "20ms", timeout: "1h" }, autostart: false };
    await at.start({ web, other });
    const start = at.spawn(["start", "web"]);
    await at.has("web", "starting");
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    const started = await start.ended;
    expect(started.code).toBe(1);
    expect(started.stderr).toContain('start web: a later "stop" of web took over');
  });
});

describe("svc stop without names", () => {
  test("stops dependents before what they depend on, ends the supervisor, and leaves nothing", async () => {
    const at = place();
    const dying = (name: string) =>
      sh(`trap 'sleep 0.2; echo ${name} >> order; exit 0' TERM; : > up.${name}; while :; do sleep 0.02; done`);
    const shot = { command: sh("exit 0") };
    const svc = await at.start({ shot, db: { command: dying("db") }, web: { command: dying("web"), dependsOn: ["db"] } });
    await until(() => at.exists("up.db") && at.exists("up.web"));
    await at.has("shot", "completed");
    expect(await at.svc("stop")).toMatchObject({ code: 0, stdout: "stopped db, web\n" });
    expect((await svc.ended).code).toBe(0);
    expect(at.lines("order")).toEqual(["web", "db"]);
    expect(await at.svc("list")).toMatchObject({ code: 3 });
  });
});
