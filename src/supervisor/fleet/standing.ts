import { healthOf } from "../../core/machine/health.ts";
import { shownState } from "../../core/machine/shown.ts";
import { isUp } from "../../core/machine/steps.ts";
import type { Standing } from "../../core/order.ts";
import type { Unit } from "../unit/unit.ts";
import type { FleetContext } from "./fleet.ts";

/** It runs, or will, or has ended by itself: nobody has asked it to stop. */
export function isWanted(fleet: FleetContext, unit: Unit): boolean {
  return unit.state.phase.tag !== "stopped" && !fleet.stopping.has(unit);
}

/** Without those that are on their way out: nobody waits for them any more. */
export function staying(fleet: FleetContext, service: string): Unit[] {
  return (fleet.unitsByService.get(service) ?? []).filter((unit) => !fleet.leaving.has(unit));
}

export function standingOf({ name, spec, state }: Unit): Standing {
  return { name, state: shownState(state), ready: isUp(state.phase), healthy: healthOf(spec, state) };
}
