import { describe, expect, test } from "vitest";
import { createClock } from "../../../src/effects/clock.ts";
import { readStat } from "../../../src/effects/proc/proc.ts";
import { createGroupTrees } from "../../../src/effects/tree/groups.ts";
import { createTrees, type Tree } from "../../../src/effects/tree/tree.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { lineFrom } from "../../helpers/output.ts";
import { environment, isGone, processesInGroup, seen, signal, stateOf } from "../../helpers/processes.ts";
import { pidsOf, serviceStarter } from "../../helpers/services.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();
const trees = createTrees({ clock: createClock() });
const { start, ready, membersOf, count } = serviceStarter(trees, guard);

describe("finding", () => {
  test("finds the main process and its group", async () => {
    const service = await ready("forks.sh");
    expect(await membersOf(service)).toEqual(processesInGroup(service.child.pid).sort((a, b) => a - b));
    expect(await membersOf(service)).toHaveLength(3);
  });

  test("finds what has left the group, the session and its parent, by the marker", async () => {
    const service = await ready("double-fork.sh");
    const daemon = await until(async () => (await membersOf(service)).find((pid) => pid !== service.child.pid) ?? 0);
    expect(seen(daemon)).toMatchObject({ session: daemon, pgrp: daemon });
    expect(seen(daemon)?.ppid).not.toBe(service.child.pid);
  });

  test("finds a descendant that has cleared its environment and left the session, by its parents", async () => {
    const service = await ready("forgetful.sh");
    await count(service, 2);
  });

  test("finds what was seen once, though nothing binds it to the tree any more", async () => {
    const service = await ready("forgetful.sh");
    await count(service, 2);
    (await membersOf(service)).forEach(guard.track);
    trees.signal(service.tree, "SIGTERM", "main");
    await service.child.exited;
    await count(service, 1);
  });

  test("does not find another instance's processes, nor svc's own", async () => {
    const [one, two] = [await start(["sleep", "600"], "web.1"), await start(["sleep", "600"], "web.10")];
    expect(await membersOf(one)).toEqual([one.child.pid]);
    expect(await membersOf(two)).toEqual([two.child.pid]);
  });

  test("zombies are no members", async () => {
    const service = await start(["sh", "-c", "sh -c 'exit 0' & echo ready; exec sleep 600"]);
    await lineFrom(service.child.stdout, "ready");
    await count(service, 1);
  });

  test("never takes svc itself or what it descends from for a member, whatever it remembers", async () => {
    const service = await start(["sleep", "600"]);
    for (const pid of [process.pid, process.ppid]) {
      service.tree.remembered.set(pid, readStat(pid)?.start ?? 0);
    }
    expect(await membersOf(service)).toEqual([service.child.pid]);
  });

  test("T47 takes no stranger for the service, where the main process's pid was given out again", async () => {
    const { child } = await start(["sleep", "600"], "stranger");
    const tree: Tree = { main: { pid: child.pid, start: child.start - 1 }, marker: "SVC_TREE_test=old", remembered: new Map() };
    expect(await trees.members(tree)).toEqual([]);
    expect(trees.signal(tree, "SIGKILL", "group")).toBe(false);
    expect(trees.signal(tree, "SIGKILL", "main")).toBe(false);
    expect(await trees.kill(tree)).toEqual([]);
    expect(stateOf(child.pid)).not.toBe("Z");
    expect(isGone(child.pid)).toBe(false);
  });

  test("finds the services of a supervisor inside the service, marked for both", async () => {
    const inner = "SVC_TREE_inner=job setsid sleep 600";
    const service = await start(["sh", "-c", `(env ${inner} &) ; echo ready; exec sleep 600`]);
    await lineFrom(service.child.stdout, "ready");
    await count(service, 2);
    const job = (await membersOf(service)).find((pid) => pid !== service.child.pid) ?? 0;
    expect(environment(job)).toEqual(expect.arrayContaining([service.tree.marker, "SVC_TREE_inner=job"]));
    expect(await trees.kill(service.tree)).toEqual([]);
    expect(guard.left()).toEqual([]);
  });

  test("looks that are asked for in the same moment share one pass", async () => {
    const services = await Promise.all(["a", "b", "c"].map((name) => start(["sleep", "600"], name)));
    const answers = await Promise.all(services.map(membersOf));
    expect(answers).toEqual(services.map(({ child }) => [child.pid]));
  });
});

describe("signals", () => {
  test("reach the whole group, or the main process alone", async () => {
    const service = await ready("forks.sh");
    const others = (await membersOf(service)).filter((pid) => pid !== service.child.pid);
    expect(trees.signal(service.tree, "SIGKILL", "main")).toBe(true);
    await service.child.exited;
    expect(await membersOf(service)).toEqual(others);
    expect(trees.signal(service.tree, "SIGTERM", "group")).toBe(true);
    await count(service, 0);
  });

  test("wake a process that is stopped, so that it can obey", async () => {
    const service = await start(["sleep", "600"]);
    expect(trees.signal(service.tree, "SIGSTOP", "group")).toBe(true);
    await until(() => stateOf(service.child.pid) === "T");
    expect(trees.signal(service.tree, "SIGTERM", "group")).toBe(true);
    expect(await service.child.exited).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("say when nobody is there to get them, and throw for a name that is none", async () => {
    const service = await start(["true"]);
    await service.child.exited;
    expect(trees.signal(service.tree, "SIGTERM", "group")).toBe(false);
    expect(trees.signal(service.tree, "SIGTERM", "main")).toBe(false);
    expect(() => trees.signal(service.tree, "SIGNOPE", "main")).toThrow("SIGNOPE");
  });

  test("refuse the pids that mean a whole machine or svc's own group to kill(2)", () => {
    for (const pid of [0, -1, Number.NaN]) {
      const tree: Tree = { main: { pid, start: 0 }, marker: "SVC_TREE_test=none", remembered: new Map() };
      expect(() => trees.signal(tree, "SIGCONT", "group")).toThrow("cannot signal");
    }
  });
});

describe("usage", () => {
  test("sums processor time and memory over the tree, for several trees in one pass", async () => {
    const busy = await start(["sh", "-c", "while :; do :; done"], "busy");
    const idle = await ready("forks.sh");
    const used = () => trees.usage([busy.tree, idle.tree]);
    await until(async () => ((await used()).get(busy.tree)?.cpuMs ?? 0) >= 50);
    const usage = await used();
    expect(usage.get(busy.tree)?.pids).toEqual([busy.child.pid]);
    expect(usage.get(idle.tree)?.pids).toHaveLength(3);
    expect(usage.get(idle.tree)?.cpuMs).toBeLessThan(1000);
    expect(usage.get(idle.tree)?.rssBytes).toBeGreaterThan(1024 * 1024);
  });

  test("is nothing for a tree that has ended", async () => {
    const service = await start(["true"]);
    await service.child.exited;
    expect((await trees.usage([service.tree])).get(service.tree)).toEqual({ cpuMs: 0, rssBytes: 0, pids: [] });
  });
});

describe("without /proc", () => {
  const blind = createGroupTrees(createClock());

  test("a tree is its group: found, signalled and ended", async () => {
    const { child, tree } = await ready("deaf.sh");
    expect(pidsOf(await blind.members(tree))).toEqual([child.pid]);
    expect(blind.signal(tree, "SIGTERM", "group")).toBe(true);
    expect(await blind.groupEnded(tree, 20)).toHaveLength(1);
    // What is left may be a zombie that this machine's PID 1 has not waited for.
    await blind.kill(tree, { budgetMs: 20 });
    await child.exited;
    await until(() => processesInGroup(child.pid).length === 0);
  });

  test("an empty group has no members", async () => {
    const { child, tree } = await start(["true"]);
    await child.exited;
    expect(await blind.members(tree)).toEqual([]);
    expect(await blind.clean(tree)).toEqual([]);
  });

  test("usage is unknown", async () => {
    const { tree } = await start(["sleep", "600"]);
    expect(await blind.usage([tree])).toEqual(new Map());
    signal(tree.main.pid, "SIGKILL");
  });
});
