import { isDown, shownState } from "../../core/machine/shown.ts";
import { conditionVerdict } from "../../core/order.ts";
import type { Condition } from "../../core/spec.ts";
import type { Unit } from "../unit/unit.ts";
import type { FleetContext } from "./fleet.ts";
import { standingOf, staying } from "./standing.ts";

/**
 * Of all that these depend on, however deep, what has to be started for that: what is down, or asked to stop, or waits for a
 * restart, and does not meet its condition like that. What has done its part (a completed migration) is not run again.
 */
export function neededBy(fleet: FleetContext, units: readonly Unit[]): Unit[] {
  const needed = new Set<Unit>();
  const services = new Set(units.map((unit) => unit.service));
  // A Set iterates over what is added meanwhile.
  for (const name of services) {
    for (const { service, condition } of fleet.services.get(name)?.dependsOn ?? []) {
      const instances = staying(fleet, service);
      for (const unit of instances) if (!comesByItself(fleet, unit, condition)) needed.add(unit);
      if (instances.length === 0 || instances.some((unit) => needed.has(unit) || !isDown(unit.state.phase))) services.add(service);
    }
  }
  for (const unit of units) needed.delete(unit);
  return [...needed];
}

function comesByItself(fleet: FleetContext, unit: Unit, condition: Condition): boolean {
  const { phase } = unit.state;
  if (phase.tag === "stopped" || phase.tag === "backoff" || fleet.stopping.has(unit)) return false;
  const ends = phase.tag === "cleaning" && (phase.after === "completed" || phase.after === "failed") ? phase.after : null;
  const verdict = conditionVerdict(condition, { ...standingOf(unit), state: ends ?? shownState(unit.state) });
  return verdict.is === "met" || (ends === null && !isDown(phase));
}
