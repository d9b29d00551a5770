import { dependencyVerdict } from "../../core/order.ts";
import type { FleetContext } from "./fleet.ts";
import { waitsForSocket } from "./follow-sockets.ts";
import { standingOf, staying } from "./standing.ts";

/** Those that wait for a dependency, or for an address that another socket leaves: told when it is there, or will never be. */

export function scheduleLook(fleet: FleetContext): void {
  if (fleet.lookScheduled) return;
  fleet.lookScheduled = true;
  queueMicrotask(() => {
    fleet.lookScheduled = false;
    lookAtDependencies(fleet);
  });
}

export function lookAtDependencies(fleet: FleetContext): void {
  // A copy: what is fed here changes who waits.
  for (const unit of [...fleet.waiting]) {
    if (unit.state.phase.tag !== "waiting") continue;
    const verdict = dependencyVerdict(unit.spec.dependsOn, (service) => staying(fleet, service).map(standingOf));
    const at = fleet.world.clock.now();
    if (verdict.is === "met" && !waitsForSocket(fleet, unit)) unit.feed({ type: "dependenciesMet", at });
    else if (verdict.is === "failed") unit.feed({ type: "dependencyFailed", at, reason: verdict.reason });
  }
}
