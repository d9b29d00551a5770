import { planReload, type ReloadPlan } from "../../core/plan.ts";
import type { FleetSpec, ServiceSpec } from "../../core/spec.ts";
import { type FleetContext, unitsOf } from "../fleet/fleet.ts";
import { isWanted, staying } from "../fleet/standing.ts";
import { asStarted } from "./as-started.ts";

/** What a reload would do now. `stale`: see `staleServices`. */
export function planOf(fleet: FleetContext, next: FleetSpec, stale: ReadonlySet<string>): ReloadPlan {
  return planReload({ ...fleet.spec, services: asStarted(fleet) }, next, {
    stale,
    isWanted: (service) => unitsOf(fleet, service).some((unit) => isWanted(fleet, unit)),
    counts: (after) => ({
      has: staying(fleet, after.name).length,
      gets: countAfter(fleet, fleet.services.get(after.name), after),
    }),
  });
}

/** What `svc scale` has set stays, until the config itself says another number. */
export function countAfter(fleet: FleetContext, before: ServiceSpec | undefined, after: ServiceSpec): number {
  if (before === undefined || before.instances !== after.instances) return after.instances ?? 1;
  return staying(fleet, after.name).length;
}
