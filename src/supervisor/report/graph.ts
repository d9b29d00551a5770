import { shownState } from "../../core/machine/shown.ts";
import { dependencyVerdict } from "../../core/order.ts";
import type { ShownState } from "../../core/row.ts";
import type { GraphNode, Need } from "../../core/status.ts";
import { type FleetContext, unitsOf } from "../fleet/fleet.ts";
import { standingOf, staying } from "../fleet/standing.ts";

/** Who depends on whom, as it stands now. In the order of the config. */
export function graphOf(fleet: FleetContext): GraphNode[] {
  return [...fleet.services.keys()].map((service) => ({
    service,
    states: statesOf(fleet, service),
    dependsOn: needsOf(fleet, service),
  }));
}

/** What the service depends on. */
export function needsOf(fleet: FleetContext, service: string): Need[] {
  const { dependsOn = [] } = fleet.services.get(service) ?? {};
  return dependsOn.map((dependency) => {
    const verdict = dependencyVerdict([dependency], (name) => staying(fleet, name).map(standingOf));
    const reason = verdict.is === "failed" ? verdict.reason : null;
    return { ...dependency, met: verdict.is === "met", reason, states: statesOf(fleet, dependency.service) };
  });
}

/** What depends on the service. */
export function neededOf(fleet: FleetContext, service: string): Need[] {
  return (fleet.dependents.get(service) ?? []).flatMap((dependent) =>
    needsOf(fleet, dependent)
      .filter((need) => need.service === service)
      .map((need) => ({ ...need, service: dependent, states: statesOf(fleet, dependent) })),
  );
}

function statesOf(fleet: FleetContext, service: string): ShownState[] {
  return unitsOf(fleet, service).map((unit) => shownState(unit.state));
}
