import { isDown } from "../../core/machine/shown.ts";
import { isUp, runsByProcess } from "../../core/machine/steps.ts";
import type { Change, FleetContext } from "../fleet/fleet.ts";
import { unitsOf } from "../fleet/fleet.ts";
import { isWanted } from "../fleet/standing.ts";

/**
 * `restartDependents`: what depends on a service is restarted once the service is there again, so that it does not go on with
 * connections to a process that is gone. Registered as an observer of the fleet.
 */
export function followRestarts(fleet: FleetContext, { unit, before, after }: Change): void {
  // A run of a schedule is no restart.
  if (!unit.spec.restartDependents || fleet.fleet.tag !== "up" || runsByProcess(unit.spec)) return;
  const isThere = isUp(after.phase) && !isUp(before.phase);
  const cameBack = after.lastExit !== null;
  if (!isThere || !cameBack) return;
  for (const service of fleet.dependents.get(unit.service) ?? []) {
    for (const dependent of unitsOf(fleet, service)) {
      const { phase } = dependent.state;
      // What was asked to stop stays down, and what is still to start starts after this anyway.
      if (!isWanted(fleet, dependent) || isDown(phase) || phase.tag === "waiting" || phase.tag === "spawning") continue;
      dependent.feed({ type: "restart", at: fleet.world.clock.now(), automatic: true });
    }
  }
}
