import { createRunPlanner, type RunPlanner } from "../../effects/run-planner.ts";
import type { World } from "../world.ts";
import type { Unit } from "./unit.ts";
import { say } from "./words.ts";

/** Waits for the runs of a command's schedule; made anew where a reload has changed the spec. */
export function plannerOf(world: World, unit: Unit): RunPlanner | null {
  const { schedule, overlap } = unit.spec;
  if (schedule === null) return null;
  if (unit.life.planner?.schedule !== schedule) {
    unit.life.planner?.cancel();
    unit.life.planner = createRunPlanner({
      schedule,
      overlap,
      clock: world.clock,
      tz: process.env.TZ,
      onPlanned: (dueAt) => unit.feed({ type: "planned", at: world.clock.now(), dueAt }),
      onDue: () => unit.feed({ type: "due", at: world.clock.now() }),
      say: (sentence) => say(world, unit, `${unit.name} ${sentence}`),
    });
  }
  return unit.life.planner;
}
