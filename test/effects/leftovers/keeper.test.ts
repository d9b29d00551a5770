import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { createClock } from "../../../src/effects/clock.ts";
import { type Keeper, type KeeperOptions, type KeeperReports, startKeeper } from "../../../src/effects/leftovers/keeper.ts";
import { createTrees } from "../../../src/effects/tree/tree.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { environment, isGone, processesInGroup, seen, signal } from "../../helpers/processes.ts";
import { serviceStarter } from "../../helpers/services.ts";
import { until } from "../../helpers/until.ts";

/** Closing its pipe is what the kernel does to a keeper whose svc is killed; the shell cannot tell the one from the other. */

const guard = guardProcesses();
const clock = createClock();
const { start, ready } = serviceStarter(createTrees({ clock }), guard);

function keeper({ onReplaced = () => {}, ...more }: Partial<KeeperOptions & KeeperReports> = {}): Keeper {
  const said = (reason: string): never => {
    throw new Error(reason);
  };
  const one = startKeeper({ clock, env: guard.env, ...more });
  one.report({ onReplaced, onMissing: said });
  guard.track(one.id()?.pid ?? -1);
  return one;
}

const SHELLS: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ["sh", ["/bin/sh"]],
  ["bash", ["/bin/bash", "--posix"]],
  ["busybox", ["/bin/busybox", "sh"]],
];

describe.each(SHELLS)("a keeper in %s", (_, shell) => {
  test.skipIf(!existsSync(shell[0]))("kills the groups that it was told of, and no other", async () => {
    const kept = keeper({ shell });
    const [group, deaf, other] = await Promise.all([ready("forks.sh"), ready("deaf.sh"), start(["sleep", "600"])]);
    const groups = [group, deaf].map(({ child }) => child);
    const living = (): number => groups.reduce((sum, { pid }) => sum + processesInGroup(pid).length, 0);
    await until(() => living() === 5);
    for (const one of groups) kept.add(one);
    await kept.close();
    await until(() => living() === 0);
    expect(isGone(other.child.pid)).toBe(false);
  });

  test.skipIf(!existsSync(shell[0]))("spares a group that is over, and a pid that was given to somebody else", async () => {
    const kept = keeper({ shell });
    const [over, recycled, last] = await Promise.all([start(["sleep", "600"]), start(["sleep", "600"]), start(["sleep", "600"])]);
    kept.add(over.child);
    kept.remove(over.child);
    kept.add({ pid: recycled.child.pid, start: recycled.child.start - 1 });
    kept.add(last.child);
    await kept.close();
    await until(() => isGone(last.child.pid));
    expect([over, recycled].map(({ child }) => isGone(child.pid))).toEqual([false, false]);
  });

  test.skipIf(!existsSync(shell[0]))("kills what its leader has left in the group", async () => {
    const kept = keeper({ shell });
    const { child } = await start(["sh", "-c", "sleep 600 & exec sleep 600"]);
    await until(() => guard.left().length === 3);
    kept.add(child);
    signal(child.pid, "SIGKILL");
    await child.exited;
    expect(guard.left()).toHaveLength(2);
    await kept.close();
    await until(() => guard.left().length === 0);
  });
});

test("a name with parentheses and newlines does not hide a start time", async () => {
  const kept = keeper();
  const rename = "require('fs').writeFileSync('/proc/self/comm', '1) S\\n2 3 (4'); setInterval(() => {}, 1e9); console.log('ready')";
  const { child } = await start([process.execPath, "-e", rename]);
  await until(() => readFileSync(`/proc/${child.pid}/stat`, "latin1").includes("\n2 3 (4"));
  kept.add(child);
  await kept.close();
  await until(() => isGone(child.pid));
});

test("two thousand groups, one after the other, cost it the memory of the few that live at once", async () => {
  const kept = keeper();
  const pid = kept.id()!.pid;
  for (let start = 1; start <= 2000; start++) {
    kept.add({ pid: 2 ** 22 + start, start });
    kept.remove({ pid: 2 ** 22 + start, start });
  }
  const { child } = await start(["sleep", "600"]);
  kept.add(child);
  const own = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1];
  expect(Number(own)).toBeLessThan(600);
  await kept.close();
  await until(() => isGone(child.pid));
});

test("it has a session of its own, holds no output of svc open, and belongs to no service of this life", async () => {
  const kept = keeper({ env: { SVC_TREE_outer: "web" } });
  const { pid } = kept.id()!;
  expect(seen(pid)).toMatchObject({ pgrp: pid, session: pid, ppid: process.pid });
  // While it waits for a line, its stdin is the pipe from svc.
  expect([1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))).toEqual(["/dev/null", "/dev/null"]);
  expect(environment(pid).filter((one) => one.startsWith("SVC_TREE"))).toEqual(["SVC_TREE_outer=web"]);
  await kept.close();
  expect(isGone(pid)).toBe(true);
});

test("signals that reach everybody do not end it", async () => {
  const kept = keeper();
  const { pid } = kept.id()!;
  const names = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"] as const;
  await until(() => names.every((name) => ignores(pid, name)));
  const { child } = await start(["sleep", "600"]);
  for (const name of names) signal(pid, name);
  kept.add(child);
  expect(isGone(pid)).toBe(false);
  await kept.close();
  await until(() => isGone(child.pid));
});

test("one that is killed is replaced, and the next knows all groups", async () => {
  let replaced = 0;
  const onReplaced = (): void => {
    replaced += 1;
  };
  const kept = keeper({ onReplaced });
  const first = kept.id()!.pid;
  const { child } = await start(["sleep", "600"]);
  kept.add(child);
  signal(first, "SIGKILL");
  await until(() => replaced === 1);
  const second = kept.id()!.pid;
  guard.track(second);
  expect(second).not.toBe(first);
  expect(isGone(child.pid)).toBe(false);
  await kept.close();
  await until(() => isGone(child.pid));
});

test("where there is no shell it is said once, however late one asks, and nothing else happens", async () => {
  const said: string[] = [];
  const reports = { onReplaced: () => {}, onMissing: (reason: string) => said.push(reason) };
  const kept = startKeeper({ clock, env: {}, shell: ["/bin/no-shell"] });
  kept.report(reports);
  kept.add({ pid: process.pid, start: 1 });
  await until(() => said.length > 0);
  expect(kept.id()).toBeNull();
  await kept.close();
  expect(said).toEqual(["spawn /bin/no-shell ENOENT"]);
  kept.report(reports);
  expect(said).toHaveLength(2);
});

function ignores(pid: number, name: keyof typeof constants.signals): boolean {
  const mask = /^SigIgn:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[name] - 1)) & 1n) === 1n;
}
