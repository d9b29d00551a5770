import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  bootId,
  childrenOf,
  isAlive,
  isDead,
  listPids,
  parseStat,
  pidNamespace,
  readEnviron,
  readStat,
} from "../../../src/effects/proc/proc.ts";
import { pageSize, ticksPerSecond } from "../../../src/effects/proc/units.ts";
import { spawnNode } from "../../../src/effects/spawn/node.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { lineFrom } from "../../helpers/output.ts";
import { processesInGroup, stateOf } from "../../helpers/processes.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();
const start = (...argv: string[]) => spawnNode({ argv, cwd: "/", env: guard.env });

test("counts the fields of a stat line from the last parenthesis", () => {
  const line = "42 (a) R 1 (b) S 7 8 9 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 3 0 12345 999 77 18446744073709551615 1";
  expect(parseStat(line)).toEqual({
    pid: 42,
    comm: "a) R 1 (b",
    state: "S",
    ppid: 7,
    pgrp: 8,
    session: 9,
    flags: 4194560,
    threads: 3,
    ticks: 100,
    start: 12345,
    rss: 77,
  });
});

test("reads a process whose name looks like the rest of its stat line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "svc-proc-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyFileSync("/bin/sleep", join(folder, ") Z 1 1 (x y"));
  const child = await start(join(folder, ") Z 1 1 (x y"), "600");
  // The kernel lets the parent go on a moment before it has given the process its new name.
  const stat = await until(() => readStat(child.pid)?.comm !== readStat(process.pid)?.comm && readStat(child.pid));
  expect(stat).toMatchObject({ pid: child.pid, comm: ") Z 1 1 (x y", ppid: process.pid, pgrp: child.pid, session: child.pid });
  expect(isDead(stat || { state: "Z", threads: 1 })).toBe(false);
});

test("a process without an entry has no stat, no children and no environment", () => {
  const none = 2 ** 22 + 1;
  expect([readStat(none), readEnviron(none)?.length, childrenOf(none)]).toEqual([null, 0, []]);
});

test("an ended process that its parent has not waited for has an empty environment, not one that may not be read", async () => {
  const child = await start("sh", "-c", "sleep 0 & exec sleep 600");
  const zombie = await until(() => childrenOf(child.pid).find((pid) => readStat(pid)?.state === "Z"));
  expect(readEnviron(zombie!)?.length).toBe(0);
});

test("lists this process, and its child among its children", async () => {
  const child = await start("sleep", "600");
  expect(listPids()).toEqual(expect.arrayContaining([process.pid, child.pid]));
  expect(childrenOf(process.pid)).toContain(child.pid);
});

test("a zombie is not alive", async () => {
  const child = await start("sh", "-c", "sh -c 'exit 0' & echo ready; exec sleep 600");
  await lineFrom(child.stdout, "ready");
  const zombie = await until(() => childrenOf(child.pid).find((pid) => stateOf(pid) === "Z") ?? 0);
  expect(isAlive({ pid: zombie, start: readStat(zombie)?.start ?? -1 })).toBe(false);
  expect(isAlive(child)).toBe(true);
});

test("another process under the same pid is not the one that was meant", () => {
  const own = readStat(process.pid)?.start ?? 0;
  expect(isAlive({ pid: process.pid, start: own })).toBe(true);
  expect(isAlive({ pid: process.pid, start: own - 1 })).toBe(false);
});

test("a leader that ended before its threads is not dead", () => {
  expect(isDead({ state: "Z", threads: 2 })).toBe(false);
  expect(isDead({ state: "Z", threads: 1 })).toBe(true);
});

test("reads an environment that is larger than one read", async () => {
  const big = "x".repeat(100_000);
  const child = await spawnNode({ argv: ["sleep", "600"], cwd: "/", env: { ...guard.env, BIG: big, LAST: "here" } });
  const text = await until(() => readEnviron(child.pid)?.toString());
  expect(text).toContain(`BIG=${big}\0`);
  expect(text).toContain("LAST=here\0");
});

test("knows the boot, the pid namespace, the page size and the clock tick", () => {
  expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
  expect(pidNamespace()).toMatch(/^pid:\[\d+\]$/);
  expect(Math.log2(pageSize()) % 1).toBe(0);
  expect(ticksPerSecond()).toBeGreaterThanOrEqual(100);
});

test("a start time is the one that the child was described with", async () => {
  const child = await start("sleep", "600");
  expect(child.start).toBe(readStat(child.pid)?.start);
  expect(processesInGroup(child.pid)).toEqual([child.pid]);
});
