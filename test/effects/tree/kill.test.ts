import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createClock } from "../../../src/effects/clock.ts";
import { createTrees } from "../../../src/effects/tree/tree.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { collect } from "../../helpers/output.ts";
import { isGone, processesInGroup } from "../../helpers/processes.ts";
import { serviceStarter } from "../../helpers/services.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();
const trees = createTrees({ clock: createClock() });
/** More than a runaway gets through before a slow machine has caught it. */
const GENERATIONS = 50_000;
const { start, ready, count } = serviceStarter(trees, guard);

/** A pipe ends only when the last process that has it is gone: the one proof for a program that no look can catch. */
const nobodyHolds = (pipe: Readable) => until(() => pipe.destroyed);

describe("killing", () => {
  const cases: readonly (readonly [string, readonly string[], number])[] = [
    ["children of the group", ["forks.sh"], 3],
    ["a double fork with setsid", ["double-fork.sh"], 2],
    ["what runs under nohup", ["nohup.sh"], 2],
    ["what ignores every signal of a stop", ["deaf.sh"], 2],
    ["a descendant without environment, in another session", ["forgetful.sh"], 2],
    ["fifty daemons", ["daemons.sh", "50"], 51],
  ];
  test.each(cases)("leaves nothing of %s", async (_, [script = "", ...args], members) => {
    const service = await ready(script, ...args);
    await count(service, members);
    expect(await trees.kill(service.tree)).toEqual([]);
    expect(guard.left()).toEqual([]);
    await service.child.exited;
  });

  test("leaves nothing of a program that is stopped", async () => {
    const service = await ready("forks.sh");
    trees.signal(service.tree, "SIGSTOP", "group");
    expect(await trees.kill(service.tree)).toEqual([]);
    expect(guard.left()).toEqual([]);
  });

  test("leaves nothing of what has cleared its environment and lost its parent, where a snapshot was taken before", async () => {
    const service = await ready("forgetful.sh");
    await trees.snapshot(service.tree);
    [...service.tree.remembered.keys()].forEach(guard.track);
    trees.signal(service.tree, "SIGTERM", "group");
    await service.child.exited;
    const orphan = [...service.tree.remembered.keys()].find((pid) => pid !== service.child.pid) ?? 0;
    expect(isGone(orphan)).toBe(false);
    expect(await trees.kill(service.tree)).toEqual([]);
    expect(isGone(orphan)).toBe(true);
  });

  const runaways: readonly (readonly [string, readonly string[], boolean])[] = [
    ["sh", ["sh", "runaway.sh", `${GENERATIONS}`], true],
    ["perl", ["perl", "runaway.pl", `${GENERATIONS}`], existsSync("/usr/bin/perl")],
  ];
  for (const [language, argv, there] of runaways) {
    test.skipIf(!there)(`catches a program that forks, exits and calls setsid, over and over (${language})`, async () => {
      const service = await start(["sh", "runs-away.sh", ...argv]);
      const output = collect(service.child.stdout);
      await until(() => output.lines().length > 20);
      expect(await trees.kill(service.tree)).toEqual([]);
      await nobodyHolds(service.child.stdout);
      expect(output.lines().length).toBeLessThan(GENERATIONS);
    });
  }

  test("ends a hundred trees at once", async () => {
    const services = await Promise.all(Array.from({ length: 100 }, (_, index) => start(["sleep", "600"], `web.${index}`)));
    const left = await Promise.all(services.map(({ tree }) => trees.kill(tree)));
    expect(left.flat()).toEqual([]);
    expect(guard.left()).toEqual([]);
  });

  test("the group alone is ended where the tree is to be spared", async () => {
    const service = await ready("double-fork.sh");
    await count(service, 2);
    expect(await trees.killGroup(service.tree)).toEqual([]);
    expect(processesInGroup(service.child.pid)).toEqual([]);
    expect(guard.left()).toHaveLength(1);
  });
});

describe("after the main process has ended by itself", () => {
  test("there is nothing to end in the usual case", async () => {
    const service = await start(["true"]);
    await service.child.exited;
    expect(await trees.clean(service.tree)).toEqual([]);
  });

  test("daemons and children that it has left are ended", async () => {
    const service = await start(["sh", "daemons.sh", "5", "3"]);
    expect(await service.child.exited).toEqual({ code: 3, signal: null });
    expect(await trees.clean(service.tree)).toEqual([]);
    expect(guard.left()).toEqual([]);
  });

  test("a runaway that it has left is ended", async () => {
    const service = await start(["sh", "runaway.sh", `${GENERATIONS}`]);
    const output = collect(service.child.stdout);
    await service.child.exited;
    expect(await trees.clean(service.tree)).toEqual([]);
    await nobodyHolds(service.child.stdout);
    expect(output.lines().length).toBeLessThan(GENERATIONS);
  });

  test("waits for the rest of the group, which is still stopping, and signals nobody", async () => {
    const service = await start(["sh", "-c", "(trap 'exit 0' TERM; while :; do sleep 0.05; done) & echo ready; exit 0"]);
    await service.child.exited;
    expect(await trees.groupEnded(service.tree, 30)).not.toEqual([]);
    const waiting = trees.groupEnded(service.tree, 20_000);
    trees.signal(service.tree, "SIGTERM", "group");
    expect(await waiting).toEqual([]);
  });
});
