import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { createClock } from "../../../src/effects/clock.ts";
import { endLeftovers, standingOfLife } from "../../../src/effects/leftovers/leftovers.ts";
import type { LifeRecord, NamedProcess } from "../../../src/effects/leftovers/state-file.ts";
import { bootId, pidNamespace, readStat } from "../../../src/effects/proc/proc.ts";
import { spawnNode } from "../../../src/effects/spawn/node.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { collect, lineFrom } from "../../helpers/output.ts";
import { isGone, signal } from "../../helpers/processes.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();
const clock = createClock();
/** More than a runaway gets through before a slow machine has caught it. */
const GENERATIONS = 50_000;
const FIXTURES = new URL("../../fixtures/processes/", import.meta.url).pathname;

let marker = "";
beforeEach(() => {
  marker = `SVC_TREE_${randomBytes(6).toString("hex")}`;
});

function life(children: readonly NamedProcess[], more: Partial<LifeRecord> = {}): LifeRecord {
  const own = { boot: bootId()!, pidNamespace: pidNamespace()! };
  return { ...own, supervisor: { pid: 2 ** 22 + 1, start: 1 }, keeper: null, marker, children, ...more };
}

/** `instance` null: without the marker. */
async function start(argv: readonly string[], instance: string | null = "web") {
  const env = instance === null ? guard.env : { ...guard.env, [marker]: instance };
  const child = await spawnNode({ argv, cwd: FIXTURES, env });
  guard.track(child.pid);
  return { ...child, name: instance ?? "web" };
}

async function ready(script: string, ...args: readonly string[]) {
  const child = await start(["sh", script, ...args]);
  await lineFrom(child.stdout, "ready");
  return child;
}

const end = (record: LifeRecord, groupOnly = (_: string) => false) => endLeftovers(record, { clock, groupOnly });

describe("ends", () => {
  test("the main process, its group and what has left it", async () => {
    const child = await ready("double-fork.sh");
    await until(() => guard.left().length === 2);
    expect(await end(life([child]))).toEqual({ found: 2, left: [] });
    expect(guard.left()).toEqual([]);
  });

  test("what is marked, where the main process is gone", async () => {
    const child = await ready("daemons.sh", "3");
    await until(() => guard.left().length === 4);
    signal(child.pid, "SIGKILL");
    await child.exited;
    expect(await end(life([child]))).toEqual({ found: 3, left: [] });
    expect(guard.left()).toEqual([]);
  });

  test("what was started after the record was written", async () => {
    await start(["sleep", "600"], "late.7");
    expect(await end(life([]))).toEqual({ found: 1, left: [] });
    expect(guard.left()).toEqual([]);
  });

  test("a runaway whose main process is gone", async () => {
    const child = await start(["sh", "runs-away.sh", "sh", "runaway.sh", `${GENERATIONS}`]);
    const output = collect(child.stdout);
    await until(() => output.lines().length > 20);
    signal(child.pid, "SIGKILL");
    await child.exited;
    expect((await end(life([child]))).left).toEqual([]);
    await until(() => child.stdout.destroyed);
    expect(output.lines().length).toBeLessThan(GENERATIONS);
  });

  test("a runaway that no record knows of", async () => {
    const child = await start(["sh", "runs-away.sh", "sh", "runaway.sh", `${GENERATIONS}`], "late.7");
    const output = collect(child.stdout);
    await until(() => output.lines().length > 20);
    signal(child.pid, "SIGKILL");
    await child.exited;
    expect((await end(life([]))).left).toEqual([]);
    await until(() => child.stdout.destroyed);
    expect(output.lines().length).toBeLessThan(GENERATIONS);
  });

  test("what has no marker, by the pid and the start time of its main process", async () => {
    const child = await start(["sh", "-c", "sleep 600 & exec sleep 600"], null);
    await until(() => guard.left().length === 2);
    expect(await end(life([child]))).toEqual({ found: 2, left: [] });
    expect(guard.left()).toEqual([]);
  });

  test("a keeper that was stopped, and is no leftover of a service", async () => {
    const keeper = await start(["sleep", "600"], null);
    expect(await end(life([], { keeper }))).toEqual({ found: 0, left: [] });
    await until(() => isGone(keeper.pid));
  });
});

describe("spares", () => {
  test("T47 a process that has a recorded pid by chance, and its group", async () => {
    const stranger = await start(["sh", "-c", "sleep 600 & exec sleep 600"], null);
    await until(() => guard.left().length === 2);
    expect(await end(life([{ ...stranger, start: stranger.start - 1 }]))).toEqual({ found: 0, left: [] });
    expect(guard.left()).toHaveLength(2);
  });

  test("a group whose leader is gone, as its id may have been given out again", async () => {
    const leader = await start(["sh", "-c", "sleep 600 & exec sleep 600"], null);
    await until(() => guard.left().length === 2);
    signal(leader.pid, "SIGKILL");
    await leader.exited;
    expect(await end(life([leader]))).toEqual({ found: 0, left: [] });
    expect(guard.left()).toHaveLength(1);
  });

  test("the services of another life", async () => {
    const other = await spawnNode({ argv: ["sleep", "600"], cwd: "/", env: { ...guard.env, [`${marker}b`]: "web" } });
    expect(await end(life([{ name: "web", pid: 2 ** 22 + 2, start: 1 }]))).toEqual({ found: 0, left: [] });
    expect(isGone(other.pid)).toBe(false);
  });

  test("what has left the group of a service whose tree is spared", async () => {
    const child = await ready("double-fork.sh");
    await until(() => guard.left().length === 2);
    expect(await end(life([child]), (instance) => instance === "web")).toEqual({ found: 1, left: [] });
    expect(guard.left()).toHaveLength(1);
    expect(isGone(child.pid)).toBe(true);
  });
});

describe("an earlier supervisor", () => {
  const self = (): LifeRecord["supervisor"] => ({ pid: process.pid, start: readStat(process.pid)!.start });

  test("that lives is alive, however long one waits", async () => {
    expect(await standingOfLife(life([], { supervisor: self() }), clock, 50)).toBe("alive");
  });

  test("is dead where its pid has another start time", async () => {
    const supervisor = { pid: process.pid, start: self().start - 1 };
    expect(await standingOfLife(life([], { supervisor }), clock, 0)).toBe("dead");
  });

  test("that is about to die is waited for", async () => {
    const supervisor = await start(["sleep", "0.2"], null);
    expect(await standingOfLife(life([], { supervisor }), clock, 30_000)).toBe("dead");
  });

  test("of another boot or another pid namespace is elsewhere, whatever its pid says here", async () => {
    expect(await standingOfLife(life([], { boot: "another" }), clock, 0)).toBe("elsewhere");
    expect(await standingOfLife(life([], { pidNamespace: "pid:[1]", supervisor: self() }), clock, 0)).toBe("elsewhere");
  });
});
