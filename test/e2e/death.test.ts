import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { childrenOf } from "../../src/effects/proc/proc.ts";
import { environment, isGone, living, processesInGroup, seen, signal } from "../helpers/processes.ts";
import { type Running, type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

/**
 * What is promised: nothing that a service started is left after a stop, a crash, the end of svc, or Ctrl-C. After SIGKILL of
 * svc each service's process group ends at once, what has left it a moment later, and the rest at the latest with the next start.
 * What is not: that what changes its pid all the time ends before the next start.
 */

const FIXTURES = new URL("../fixtures/", import.meta.url).pathname;

/** Milliseconds. */
const STOP_TIMEOUT = 500;
/** By how much a busy machine may be late. */
const NOISE = 30_000;

/** The services that leave things behind, each with how many processes it has (a re-forking one: at least). */
const KINDS: ReadonlyMap<string, number> = new Map([
  ["fork", 3],
  ["double-fork", 2],
  ["nohup", 2],
  ["deaf", 2],
  ["re-fork", 2],
  ["daemons", 51],
]);

function program(name: string, ...args: readonly string[]): string[] {
  return ["sh", `${FIXTURES}processes/${name}.sh`, ...args];
}

function messy(stage: Stage) {
  const again = [`${FIXTURES}processes/reforks.sh`, "20000", join(stage.path, "generations")];
  const commands: Readonly<Record<string, readonly string[]>> = {
    fork: program("forks"),
    "double-fork": program("double-fork"),
    nohup: program("nohup"),
    deaf: program("deaf"),
    "re-fork": program("runs-away", "sh", ...again),
    daemons: program("daemons", "50"),
  };
  const policy = { stop: { timeout: STOP_TIMEOUT }, backoff: { initial: "100ms" } };
  return {
    shutdownTimeout: "1m",
    services: Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, { command, ...policy }])),
  };
}

type Which = (env: readonly string[]) => boolean;

/** The living processes of the services by name; all of them, or those with such an environment. */
function census(stage: Stage, which: Which = () => true): Map<string, number> {
  const counts = new Map([...KINDS.keys()].map((kind) => [kind, 0]));
  for (const { pid } of living()) {
    const env = environment(pid);
    if (!env.includes(`HOME=${join(stage.path, "..")}`) || !which(env)) continue;
    const kind = env.find((one) => /^SVC_TREE_\w+=/.test(one))?.replace(/^.*?=/, "");
    if (kind !== undefined && counts.has(kind)) counts.set(kind, counts.get(kind)! + 1);
  }
  return counts;
}

async function allThere(stage: Stage): Promise<void> {
  const there = (): boolean => {
    const counts = census(stage);
    return [...KINDS].every(([kind, wanted]) => (kind === "re-fork" ? counts.get(kind)! >= 1 : counts.get(kind) === wanted));
  };
  await until(() => there() && generations(stage) > 3, { what: "all processes of all services" });
}

function generations(stage: Stage): number {
  return statSync(join(stage.path, "generations"), { throwIfNoEntry: false })?.size ?? 0;
}

const NOTHING = new Map([...KINDS.keys()].map((kind) => [kind, 0]));
const table = new Map<string, { readonly ms: number; readonly left: ReadonlyMap<string, number> }>();

/** Three looks, because no single one is sure to catch a process that changes its pid all the time; its dots tell of it. */
function expectNothing(stage: Stage, way: string, since: number, which?: Which): void {
  const ms = performance.now() - since;
  const dots = generations(stage);
  const left = census(stage, which);
  for (const look of [census(stage, which), census(stage, which)]) {
    for (const [kind, count] of look) left.set(kind, Math.max(count, left.get(kind)!));
  }
  if (which === undefined && generations(stage) > dots) left.set("re-fork", Math.max(1, left.get("re-fork")!));
  table.set(way, { ms, left });
  expect(left).toEqual(NOTHING);
  expect(ms).toBeLessThan(STOP_TIMEOUT + 1000 + NOISE);
}

afterAll(() => {
  const rows = [...table].map(([way, { ms, left }]) => [way, ...[...left.values()].map(String), `${Math.round(ms)} ms`]);
  const lines = [["processes left after", ...KINDS.keys(), "took"], ...rows].map(([way = "", ...cells]) => {
    return `${way.padEnd(32)}${cells.map((cell) => cell.padStart(13)).join("")}`;
  });
  process.stdout.write(`\n${lines.join("\n")}\n`);
});

const pidsOf = async (stage: Stage): Promise<number[]> => (await stage.list()).flatMap(({ pid }) => pid ?? []);

async function kill9(svc: Running): Promise<void> {
  signal(svc.pid, "SIGKILL");
  await until(() => isGone(svc.pid));
}

/** The keeper of this svc that is not the one named; it is waited for. */
function keeperOf(svc: number, otherThan = 0): Promise<number> {
  const isKeeper = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").includes("svc-keeper");
  return until(() => childrenOf(svc).find((pid) => pid !== otherThan && isKeeper(pid)) ?? 0, { what: "a keeper" });
}

describe.concurrent("nothing is left", () => {
  test("after a crash and the restart, and after SIGTERM to svc", async ({ stage }) => {
    const svc = stage.start(messy(stage));
    await allThere(stage);
    const before = await pidsOf(stage);
    let since = performance.now();
    for (const pid of before) signal(pid, "SIGKILL");
    for (const name of KINDS.keys()) await svc.says(new RegExp(`${name} started \\(pid \\d+\\)[\\s\\S]*${name} started \\(pid \\d+\\)`));
    expectNothing(stage, "crash and restart", since, (env) => env.includes("SVC_RESTARTS=0"));
    await allThere(stage);
    since = performance.now();
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 0 });
    expectNothing(stage, "SIGTERM to svc", since);
  });

  test("after a stop, after kill -9 of svc and a start, and after Ctrl-C", async ({ stage }) => {
    const first = stage.start(messy(stage));
    await allThere(stage);
    let since = performance.now();
    expect(await stage.svc("stop", ...KINDS.keys())).toMatchObject({ code: 0 });
    expectNothing(stage, "stop", since);

    expect(await stage.svc("start", "--all")).toMatchObject({ code: 0 });
    await allThere(stage);
    const mains = await pidsOf(stage);
    const marker = environment(mains[0]!)
      .find((one) => one.startsWith("SVC_TREE_"))!
      .replace(/=.*/, "=");
    since = performance.now();
    await kill9(first);
    await until(() => mains.every((pid) => processesInGroup(pid).length === 0), { interval: 2 });
    table.set("kill -9 of svc: groups", { ms: performance.now() - since, left: NOTHING });

    const ofFirst = (env: readonly string[]): boolean => env.some((one) => one.startsWith(marker));
    const left = (): number => [...census(stage, ofFirst)].reduce((sum, [kind, count]) => sum + (kind === "re-fork" ? 0 : count), 0);
    await until(() => left() === 0, { what: "the end of what has left its group" });
    table.set("kill -9 of svc: the rest", { ms: performance.now() - since, left: NOTHING });

    since = performance.now();
    const second = stage.terminal("exec $svc start");
    await second.says(/started/);
    expectNothing(stage, "kill -9 of svc, and a start", since, ofFirst);
    await allThere(stage);
    since = performance.now();
    second.process.stdin!.write("\x03");
    expect(await second.ended).toMatchObject({ code: 130 });
    expectNothing(stage, "Ctrl-C", since);
  });
});

describe.concurrent("kill -9 of svc", () => {
  const deaf = { command: program("deaf"), stop: { timeout: "1h" } };

  test("ends a service in the middle of its stop", async ({ stage }) => {
    const svc = stage.start({ services: { deaf } });
    await svc.ready("deaf");
    const [pid = 0] = await pidsOf(stage);
    const stop = stage.run("stop", "deaf");
    await svc.says(/stopping deaf/);
    await kill9(svc);
    await until(() => processesInGroup(pid).length === 0);
    expect((await stop.ended).code).not.toBe(0);
  });

  test("ends a check and a stop command too", async ({ stage }) => {
    const writes = (file: string): string[] => ["sh", "-c", `echo $$ >${file}; sleep 600`];
    const web = { command: ["sleep", "600"], stop: { command: writes("stop"), timeout: "1h" } };
    const db = { command: ["sleep", "600"], ready: { exec: writes("check"), tryTimeout: "1h", timeout: "1h" } };
    const svc = stage.start({ services: { web, db } });
    const check = await until(() => Number(stage.lines("check")[0]));
    void stage.run("stop", "web").ended;
    const stop = await until(() => Number(stage.lines("stop")[0]));
    // What svc answers now, it answers after the turns in which it has started the two.
    await pidsOf(stage);
    await kill9(svc);
    await until(() => [check, stop].every((pid) => processesInGroup(pid).length === 0));
  });

  test("ends the services although the keeper was killed before", async ({ stage }) => {
    const svc = stage.start({ services: { deaf } });
    await svc.ready("deaf");
    const [pid = 0] = await pidsOf(stage);
    const first = await keeperOf(svc.pid);
    signal(first, "SIGKILL");
    const second = await keeperOf(svc.pid, first);
    expect((await stage.list())[0]).toMatchObject({ state: "running", pid, restarts: 0 });
    await kill9(svc);
    await until(() => processesInGroup(pid).length === 0);
    await until(() => isGone(second));
  });

  test("ends what has left its group and session, and of a service that may leave daemons only the group", async ({ stage }) => {
    const daemons = { command: program("daemons", "2") };
    const svc = stage.start({ services: { web: daemons, db: daemons } });
    await Promise.all(["web", "db"].map((name) => svc.ready(name)));
    await until(() => stage.left().filter((pid) => seen(pid)?.name === "sleep").length === 6);
    const daemonsOf = (name: string): number[] =>
      stage.left().filter((pid) => seen(pid)?.name === "sleep" && environment(pid).includes(`SVC_SERVICE=${name}`));
    const [web, db] = [daemonsOf("web"), daemonsOf("db")];
    stage.write("services.json", { services: { web: daemons, db: { ...daemons, stop: { tree: false } } } });
    expect(await stage.svc("reload")).toMatchObject({ code: 0 });
    const mains = await pidsOf(stage);
    const keeper = await keeperOf(svc.pid);
    await kill9(svc);
    await until(() => isGone(keeper), { what: "the end of the keeper" });
    expect(web.filter((pid) => !isGone(pid))).toEqual([]);
    expect(db.filter((pid) => !isGone(pid))).toEqual(db.filter((pid) => !mains.includes(pid)));
  });

  test("and of its keeper: the next start ends the services before it starts any", async ({ stage }) => {
    const svc = stage.start({ services: { deaf } });
    await svc.ready("deaf");
    const [pid = 0] = await pidsOf(stage);
    await stateSays(stage, pid);
    const keeper = await keeperOf(svc.pid);
    signal(svc.pid, "SIGSTOP");
    signal(keeper, "SIGKILL");
    await kill9(svc);
    expect(processesInGroup(pid)).toHaveLength(2);
    const next = stage.run("start");
    await next.ready("deaf");
    expect(processesInGroup(pid)).toEqual([]);
    expect(next.stderr()).toMatch(new RegExp(`^svc +\\| ended 2 processes that an earlier svc \\(pid ${svc.pid}\\) left behind\n`));
    await stage.svc("stop", "--now");
    await next.ended;
  });

  test("T47 a stranger that has a service's pid since is not touched by the next start", async ({ stage, skip }) => {
    const inside = ["--pid", "--fork", "--mount-proc"];
    skip(spawnSync("unshare", [...inside, "true"]).status !== 0, "this needs the right to make a pid namespace");
    stage.write("services.json", { services: { web: { command: ["sh", "-c", "echo $$ > pid; exec sleep 600"] } } });
    const shell = stage.terminal(`exec unshare ${inside.join(" ")} sh ${FIXTURES}death/recycle.sh $svc`);
    const { stdout } = await shell.ended;
    expect(stdout).toMatch(/spared (\d+), which was \1\r\n[\s\S]*spared by the end too/);
    expect(stdout).not.toContain("left behind");
  });
});

test("a config that is being evaluated for a reload ends with svc", async ({ stage }) => {
  const services = JSON.stringify({ services: { web: { command: ["sh", "-c", "echo ready; exec sleep 600"] } } });
  const again = `console.error("evaluating again"); await new Promise((done) => setTimeout(done, 600_000));`;
  stage.write("services.mjs", `import { existsSync } from "node:fs";\nif (existsSync("again")) { ${again} }\nexport default ${services};`);
  const svc = stage.run("start");
  await svc.ready("web");
  stage.write("again", "");
  svc.kill("SIGHUP");
  await svc.says(/evaluating again/);
  svc.kill("SIGTERM");
  expect(await svc.ended).toMatchObject({ code: 0 });
  expect(stage.left()).toEqual([]);
});

test("kill -9 of svc ends a config that blocks in its evaluation, with all that it waits for", async ({ stage }) => {
  const services = JSON.stringify({ services: { web: { command: ["sh", "-c", "echo ready; exec sleep 600"] } } });
  const blocks = `execSync("echo $$ > blocked; exec sleep 600"); for (;;) {}`;
  const imports = `import { execSync } from "node:child_process";\nimport { existsSync } from "node:fs";`;
  stage.write("services.mjs", `${imports}\nif (existsSync("again")) { ${blocks} }\nexport default ${services};`);
  const svc = stage.run("start");
  await svc.ready("web");
  stage.write("again", "");
  svc.kill("SIGHUP");
  const blocked = await until(() => Number(stage.lines("blocked")[0]), { what: "a config that blocks" });
  // What svc answers now, it answers after the turn in which it has started the evaluation.
  const [web = 0] = await pidsOf(stage);
  const groups = [web, seen(blocked)?.pgrp ?? blocked];
  await kill9(svc);
  await until(() => groups.every((pid) => processesInGroup(pid).length === 0), { what: "the end of all groups" });
});

describe.concurrent("the state file", () => {
  test("holds no environment and no command line, is its owner's only, and is gone after a normal end", async ({ stage }) => {
    const env = { TOKEN: "hunter2" };
    const svc = stage.start({ services: { web: { command: ["sh", "-c", "echo ready; exec sleep 600.125"], env } } });
    await svc.ready("web");
    const [pid = 0] = await pidsOf(stage);
    const { path, text } = await stateSays(stage, pid);
    expect(text).not.toMatch(/hunter2|TOKEN|sleep/);
    expect(JSON.parse(text).children).toEqual([{ name: "web", pid, start: expect.any(Number) }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await stage.svc("stop")).toMatchObject({ code: 0 });
    expect((await svc.ended).code).toBe(0);
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("follows the crashes", async ({ stage }) => {
    const svc = stage.start({ services: { web: { command: ["sh", "-c", "echo ready; exec sleep 600"], backoff: { initial: 0 } } } });
    await svc.ready("web");
    const [before = 0] = await pidsOf(stage);
    signal(before, "SIGKILL");
    await svc.says(/web started[\s\S]*web started/);
    const [after = 0] = await pidsOf(stage);
    const { text } = await stateSays(stage, after);
    expect(JSON.parse(text).children.map(({ pid }: { pid: number }) => pid)).toEqual([after]);
    await stage.svc("stop");
    await svc.ended;
  });
});

/** Waits until the state file knows this main process. */
async function stateSays(stage: Stage, pid: number) {
  const below = join(stage.path, "..", ".local/state/svc");
  const read = () => {
    const [folder = ""] = readdirSync(below);
    const path = join(below, folder, "state.json");
    const text = readFileSync(path, "utf8");
    return text.includes(`"pid":${pid},`) ? { path, text } : null;
  };
  return (await until(read, { what: `a state file that knows ${pid}` }))!;
}
