import { isDown } from "../core/machine/shown.ts";
import { isUp, runsByProcess } from "../core/machine/steps.ts";
import type { Change, FleetContext } from "./fleet.ts";
import { unitsOf } from "./fleet.ts";

/**
 * `restartDependents`: what depends on a service is restarted once the service is there again, so that it does not go on with
 * connections to a process that is gone. Registered as an observer of the fleet.
 */
export function followRestarts(fleet: FleetContext, { unit, before }: Change): void {
  // A run of a schedule is no restart.
  if (!unit.spec.restartDependents || fleet.fleet.tag !== "up" || runsByProcess(unit.spec)) return;
  const isThere = isUp(unit.state.phase) && !isUp(before.phase);
  const cameBack = unit.state.lastExit !== null;
  if (!isThere || !cameBack) return;
  for (const service of fleet.dependents.get(unit.service) ?? []) {
    for (const dependent of unitsOf(fleet, service)) {
      const { tag } = dependent.state.phase;
      if (!isDown(dependent.state.phase) && tag !== "waiting" && tag !== "spawning") {
        dependent.feed({ type: "restart", at: fleet.world.clock.now() });
      }
    }
  }
}
