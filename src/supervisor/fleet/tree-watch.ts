import { residentBytes } from "../../effects/tree/glance.ts";
import type { Tree } from "../../effects/tree/tree.ts";
import type { Unit } from "../unit/unit.ts";
import type { FleetContext } from "./fleet.ts";

/** What is looked for in living trees at intervals, and nothing where nobody asks for it. */

/** From the end of one look at memory to the next. */
const MEMORY_MS = 500;
/** Every so many looks are a pass over all processes: at each look, passes would cost svc 20 MB of garbage. */
const LOOKS_A_PASS = 4;
/** From the end of one note of descendants to the next. */
const DESCENDANTS_MS = 2_000;
/** A pass takes as long as the machine has processes: it may have this share of one core's time at most. */
const MOST_OF_A_CORE = 0.1;

interface Round {
  readonly everyMs: number;
  concerns(unit: Unit): boolean;
  /** `count` is the number of looks before this one, since the round began. */
  look(fleet: FleetContext, living: ReadonlyMap<Tree, Unit>, count: number): Promise<void>;
}

/** A limit holds for the tree as a whole, which no kernel limit of a process does. */
const memory: Round = {
  everyMs: MEMORY_MS,
  concerns: (unit) => memoryLimit(unit) !== null,
  async look(fleet, living, count) {
    const usage = count % LOOKS_A_PASS === 0 ? await fleet.world.trees.usage([...living.keys()]) : null;
    for (const [tree, unit] of living) {
      const bytes = usage === null ? residentBytes(tree) : (usage.get(tree)?.rssBytes ?? 0);
      const isOver = bytes > (memoryLimit(unit) ?? Number.POSITIVE_INFINITY);
      if (isOver && unit.life.tree === tree) unit.feed({ type: "overMemory", at: fleet.world.clock.now() });
    }
  },
};

/** Another user's processes may not show svc their environment: what leaves the group later is found only if it was seen before. */
const descendants: Round = {
  everyMs: DESCENDANTS_MS,
  concerns: (unit) => unit.spec.user !== null && memoryLimit(unit) === null,
  async look(fleet, living) {
    await Promise.all([...living.keys()].map((tree) => fleet.world.trees.snapshot(tree)));
  },
};

/** To be called once for a fleet. */
export function watchTrees(fleet: FleetContext): void {
  for (const round of [memory, descendants]) follow(fleet, round);
}

/** Goes round from the first start that concerns it until none lives any more. */
function follow(fleet: FleetContext, round: Round): void {
  let going = false;
  let count = 0;
  const goOn = (pauseMs: number): void => {
    going = living(fleet, round).size > 0;
    if (going) fleet.world.clock.arm(pauseMs, () => void go(), { ref: false });
  };
  const go = async (): Promise<void> => {
    const began = fleet.world.clock.monotonic();
    // /proc that cannot be read now (out of descriptors) can be the next time.
    await round.look(fleet, living(fleet, round), count).catch(() => {});
    count += 1;
    goOn(Math.max(round.everyMs, (fleet.world.clock.monotonic() - began) / MOST_OF_A_CORE));
  };
  fleet.observers.add(({ unit, event }) => {
    if (!going && event.type === "spawned" && round.concerns(unit)) goOn(round.everyMs);
  });
}

function living(fleet: FleetContext, round: Round): Map<Tree, Unit> {
  const concerned = fleet.units.filter((unit) => unit.life.child !== null && round.concerns(unit));
  return new Map(concerned.flatMap((unit) => (unit.life.tree === null ? [] : [[unit.life.tree, unit]])));
}

function memoryLimit({ spec }: Unit): number | null {
  return spec.limits.find(([name]) => name === "memory")?.[1] ?? null;
}
