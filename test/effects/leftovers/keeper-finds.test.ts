import { spawn } from "node:child_process";
import { existsSync, readlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createClock } from "../../../src/effects/clock.ts";
import { type Keeper, startKeeper } from "../../../src/effects/leftovers/keeper.ts";
import { childrenOf } from "../../../src/effects/proc/proc.ts";
import { createTrees } from "../../../src/effects/tree/tree.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { lineFrom } from "../../helpers/output.ts";
import { isGone, seen } from "../../helpers/processes.ts";
import { type Service, serviceStarter } from "../../helpers/services.ts";
import { until } from "../../helpers/until.ts";

/** What the keeper ends beyond the groups, by their marks, their descent and their descriptors. */

const guard = guardProcesses();
const clock = createClock();
const { start, ready, count, membersOf } = serviceStarter(createTrees({ clock }), guard);

interface Kept extends Keeper {
  /** Closes it, as the kernel does when svc is killed; resolves when it has done all that it does. */
  finish(): Promise<void>;
}

function keeper(shell: readonly [string, ...string[]]): Kept {
  const one = startKeeper({ clock, env: guard.env, shell });
  const { pid } = one.id()!;
  guard.track(pid);
  return {
    ...one,
    async finish() {
      await one.close();
      await until(() => isGone(pid), { what: "the end of the keeper" });
    },
  };
}

const markOf = ({ tree }: Service): string => tree.marker.replace(/=.*/, "");
const alive = (pids: readonly number[]): number[] => pids.filter((pid) => !isGone(pid));

async function childOf(parent: number, isIt: (pid: number) => boolean): Promise<number> {
  const child = await until(() => childrenOf(parent).find(isIt) ?? 0, { what: "the child" });
  guard.track(child);
  return child;
}

const leadsSession = (pid: number): boolean => seen(pid)?.session === pid;

const SHELLS: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ["sh", ["/bin/sh"]],
  ["bash", ["/bin/bash", "--posix"]],
  ["busybox", ["/bin/busybox", "sh"]],
];

describe.each(SHELLS)("a keeper in %s ends", (_, shell) => {
  const have = test.skipIf(!existsSync(shell[0]));

  have("what carries the mark of svc's life, in whatever session, though nobody has told it of a process", async () => {
    const kept = keeper(shell);
    const web = await ready("daemons.sh", "3");
    await count(web, 4);
    const pids = await membersOf(web);
    kept.add({ pid: 2 ** 22 + 1, start: 1 });
    kept.keepLife({ mark: markOf(web), spared: [] });
    await kept.finish();
    expect(alive(pids)).toEqual([]);
  });

  have("no process of another life, and nothing of a service that may leave daemons but its group", async () => {
    const kept = keeper(shell);
    const [shared, longer] = await Promise.all([start(["sh", "daemons.sh", "1"], "db.2"), start(["sleep", "600"], "dbs")]);
    // The shell that starts a daemon has ended then.
    await lineFrom(shared.child.stdout, "ready");
    await count(shared, 2);
    const [pids, others] = [await membersOf(shared), await membersOf(longer)];
    kept.add({ ...shared.child, instance: "db.2" });
    kept.keepLife({ mark: `${markOf(shared)}x`, spared: [] });
    kept.keepLife({ mark: markOf(shared), spared: ["cache", "db"] });
    await kept.finish();
    expect(alive(pids)).toEqual(pids.filter((pid) => pid !== shared.child.pid));
    expect(alive(others)).toEqual([]);
    const next = keeper(shell);
    next.add({ pid: 2 ** 22 + 1, start: 1 });
    next.keepLife({ mark: `${markOf(shared)}x`, spared: [] });
    await next.finish();
    expect(alive(pids)).toHaveLength(1);
  });

  have("what descends from a leader, though it has left its session and cleared its environment", async () => {
    const kept = keeper(shell);
    const [web, db] = await Promise.all([ready("forgetful.sh"), ready("forgetful.sh")]);
    const [own, spared] = await Promise.all([web, db].map(({ child }) => childOf(child.pid, leadsSession)));
    kept.add({ ...web.child, instance: "web" });
    kept.add({ ...db.child, instance: "db" });
    kept.keepLife({ mark: "SVC_TREE_none", spared: ["db"] });
    await kept.finish();
    expect([web.child.pid, own!, db.child.pid, spared!].map(isGone)).toEqual([true, true, true, false]);
    expect(seen(spared!)?.state).not.toBe("T");
  });

  have("no supervisor in the background that a service has started", async () => {
    const kept = keeper(shell);
    const apart = "env -i setsid sh -c 'sleep 600; :' svc start --background & exec sleep 600";
    const web = await start(["sh", "-c", apart]);
    const supervisor = await childOf(web.child.pid, leadsSession);
    const below = await childOf(supervisor, (pid) => seen(pid)?.name === "sleep");
    kept.add({ ...web.child, instance: "web" });
    kept.keepLife({ mark: markOf(web), spared: [] });
    await kept.finish();
    expect([web.child.pid, supervisor, below].map(isGone)).toEqual([true, false, false]);
  });

  have("what holds a tag, and what holds another does not matter", async () => {
    const kept = keeper(shell);
    const [one, other] = [holder(), holder()];
    const [bare, stranger] = await Promise.all([childOf(one.pid, leadsSession), childOf(other.pid, leadsSession)]);
    kept.add({ pid: 2 ** 22 + 1, start: 1, tag: one.tag });
    await kept.finish();
    expect([one.pid, bare, other.pid, stranger].map(isGone)).toEqual([true, true, false, false]);
  });
});

/** A process with a socket that it hands on to a child, which is nobody's by its session and its environment. */
function holder(): { readonly pid: number; readonly tag: number } {
  const bare = "env -i setsid sleep 600 & exec sleep 600";
  const child = spawn("sh", ["-c", bare], { env: guard.env, detached: true, stdio: ["ignore", "ignore", "ignore", "pipe"] });
  guard.track(child.pid!);
  return { pid: child.pid!, tag: Number(/\d+/.exec(readlinkSync(`/proc/${child.pid}/fd/3`))) };
}
