import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createClock } from "../../../src/effects/clock.ts";
import { startKeeper } from "../../../src/effects/leftovers/keeper.ts";
import { endLeftovers } from "../../../src/effects/leftovers/leftovers.ts";
import type { LifeRecord } from "../../../src/effects/leftovers/state-file.ts";
import { bootId, pidNamespace } from "../../../src/effects/proc/proc.ts";
import { spawnNode } from "../../../src/effects/spawn/node.ts";
import { type Cgroup, createCgroup } from "../../../src/effects/tree/cgroup.ts";
import { hasMemoryLimit } from "../../../src/effects/tree/cgroup-place.ts";
import { openCgroups } from "../../../src/effects/tree/cgroups.ts";
import { createTrees, treeOf } from "../../../src/effects/tree/tree.ts";
import * as cgroups from "../../helpers/cgroups.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { lineFrom } from "../../helpers/output.ts";
import { commandLine, isGone } from "../../helpers/processes.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();
const clock = createClock();
const FIXTURES = new URL("../../fixtures/processes/", import.meta.url).pathname;
const because = cgroups.missing === null ? "" : ` (skipped: ${cgroups.missing})`;

const life = randomBytes(8).toString("hex");
const marker = `SVC_TREE_${life}`;
afterEach(() => cgroups.removeCgroups([life, `${life}b`]));

/** Starts a fixture in a new cgroup of its own. */
async function joined(script: string, ...args: readonly string[]) {
  const cgroup = (await openCgroups({ clock, marker }).open("web"))!;
  const joins = `echo 0 >"${cgroup.folder}/cgroup.procs" && exec "$@"`;
  const child = await spawnNode({ argv: ["sh", "-c", joins, "sh", "sh", script, ...args], cwd: FIXTURES, env: guard.env });
  guard.track(child.pid);
  await lineFrom(child.stdout, "ready");
  return { cgroup, child };
}

const inside = (cgroup: Cgroup): number[] => cgroups.processesIn(cgroup.folder);

describe.skipIf(cgroups.missing !== null)(`a cgroup${because}`, () => {
  test("ends with all that is in it and below it, and is gone", async () => {
    const { cgroup, child } = await joined("daemons.sh", "20");
    await until(() => inside(cgroup).length === 21);
    const [below, pids] = [`${cgroup.folder}/a/b`, inside(cgroup)];
    mkdirSync(below, { recursive: true });
    const moved = pids.find((pid) => pid !== child.pid)!;
    writeFileSync(`${below}/cgroup.procs`, `${moved}`);
    expect(cgroup.members().map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
    expect(await cgroup.end(60_000)).toEqual([]);
    expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
    expect(existsSync(cgroup.folder)).toBe(false);
    expect(await cgroup.end(60_000)).toEqual([]);
  });

  test("that is dissolved leaves everybody alive, in the cgroup around it", async () => {
    const { cgroup } = await joined("daemons.sh", "3");
    await until(() => inside(cgroup).length === 4);
    const pids = inside(cgroup);
    cgroup.dissolve();
    expect(existsSync(cgroup.folder)).toBe(false);
    expect(pids.map((pid) => [isGone(pid), cgroups.pathOf(pid)])).toEqual(pids.map(() => [false, cgroups.pathOf("self")]));
  });

  test("that nobody joined ends nobody, and its tree ends as without", async () => {
    const cgroup = (await openCgroups({ clock, marker }).open("web"))!;
    const child = await spawnNode({ argv: ["sleep", "600"], cwd: "/", env: guard.env });
    expect(await createTrees({ clock }).kill(treeOf(child, `${marker}=web`, cgroup))).toEqual([]);
    expect([isGone(child.pid), existsSync(cgroup.folder)]).toEqual([true, false]);
  });

  test("of another life with the same instance is another", async () => {
    const { cgroup } = await joined("daemons.sh", "1");
    const other = (await openCgroups({ clock, marker: `${marker}b` }).open("web"))!;
    expect(await other.end(60_000)).toEqual([]);
    expect(inside(cgroup)).toHaveLength(2);
  });

  test("of which a tree knows what it has in it, in whatever group and environment", async () => {
    const { cgroup, child } = await joined("vanishes.sh", "/dev/null", "2");
    const trees = createTrees({ clock });
    // Beside the shell and what re-forks for ever: its own copies are there for a moment too.
    await until(() => inside(cgroup).filter((pid) => commandLine(pid).startsWith("tail ")).length === 2);
    const tree = treeOf(child, `${marker}=web`, cgroup);
    const seen = (await trees.members(tree)).map(({ pid }) => pid);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(await trees.clean(tree)).toEqual([]);
    expect(seen.filter((pid) => !isGone(pid))).toEqual([]);
  });

  test("ends with svc, by its keeper", async () => {
    const { cgroup, child } = await joined("daemons.sh", "5");
    await until(() => inside(cgroup).length === 6);
    const pids = inside(cgroup);
    mkdirSync(`${cgroup.folder}/below`);
    const keeper = startKeeper({ clock, env: {} });
    guard.track(keeper.id()!.pid);
    keeper.add({ ...child, cgroup: cgroup.folder });
    await keeper.close();
    await until(() => !existsSync(cgroup.folder), { what: "the end of the cgroup" });
    expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
  });

  test("that a keeper was told of, and then that its service has ended, is left alone by it", async () => {
    const { cgroup, child } = await joined("daemons.sh", "1");
    const keeper = startKeeper({ clock, env: {} });
    guard.track(keeper.id()!.pid);
    keeper.add({ ...child, cgroup: cgroup.folder });
    keeper.remove(child);
    await keeper.close();
    await until(() => keeper.id() === null);
    expect(inside(cgroup)).toHaveLength(2);
  });
});

describe.skipIf(cgroups.missing !== null)(`what a dead supervisor has left in cgroups${because}`, () => {
  const record = (around: string | null): LifeRecord => {
    const supervisor = { pid: 2 ** 22 + 1, start: 1 };
    return { boot: bootId()!, pidNamespace: pidNamespace()!, supervisor, keeper: null, marker, cgroups: around, children: [] };
  };

  test.each([
    ["is found where its record says", cgroups.own],
    ["is found in svc's own cgroup, where it had not written that down yet", null],
  ])("%s", async (_, around) => {
    const { cgroup } = await joined("daemons.sh", "4");
    await until(() => inside(cgroup).length === 5);
    expect(await endLeftovers(record(around), { clock, groupOnly: () => false })).toEqual({ found: 5, left: [] });
    expect(existsSync(cgroup.folder)).toBe(false);
  });

  test("is spared where its service may leave daemons now, but for the cgroup", async () => {
    const { cgroup } = await joined("daemons.sh", "1");
    const pids = inside(cgroup);
    expect(await endLeftovers(record(null), { clock, groupOnly: (instance) => instance === "web" })).toEqual({ found: 0, left: [] });
    expect([existsSync(cgroup.folder), pids.map(isGone)]).toEqual([false, [false, false]]);
  });
});

test("a cgroup that is not there holds nobody, and nothing of it fails", async () => {
  const gone = createCgroup({ folder: "/nonexistent/svc-x-web", around: "/nonexistent", marker, clock });
  gone.spare();
  gone.dissolve();
  expect([gone.isPopulated(), gone.members(), await gone.end(0)]).toEqual([false, [], []]);
});

test("a memory limit is seen, and one that is none is not taken for it", () => {
  const folder = mkdtempSync(join(tmpdir(), "svc-cgroup-"));
  try {
    expect(hasMemoryLimit(folder)).toBe(false);
    writeFileSync(join(folder, "memory.max"), "max\n");
    expect(hasMemoryLimit(folder)).toBe(false);
    writeFileSync(join(folder, "memory.high"), "536870912\n");
    expect(hasMemoryLimit(folder)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
