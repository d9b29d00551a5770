import { instanceName, noSuchService } from "../core/names.ts";
import { planReload, type ReloadPlan } from "../core/plan.ts";
import type { FleetSpec, ServiceSpec } from "../core/spec.ts";
import { refuseWhileStopping, type Waiting } from "./commands.ts";
import { addInstances, adopt, type FleetContext, lookAtDependencies, removeUnit, unitsOf } from "./fleet.ts";
import { requestStops } from "./shutdown.ts";
import type { Unit } from "./unit.ts";
import { waitUntilDown, waitUntilUp } from "./waits.ts";

/** Takes over a new config: services come, go, restart where their process would be another one, or follow new rules in place. */
export async function reload(fleet: FleetContext, next: FleetSpec, waiting: Waiting): Promise<ReloadPlan> {
  refuseWhileStopping(fleet);
  const plan = planReload(fleet.spec.services, next.services);
  const leaving = plan.removed.flatMap((service) => unitsOf(fleet, service));
  adopt(fleet, next);
  const restarted = plan.restarted.flatMap((service) => unitsOf(fleet, service)).filter((unit) => unit.state.phase.tag !== "stopped");
  const resized = next.services.map((service) => resize(fleet, service, service.instances ?? 1));
  const replanned: Unit[] = [];
  const rechecked: Unit[] = [];
  for (const service of next.services) {
    for (const unit of unitsOf(fleet, service.name)) {
      if (unit.state.phase.tag === "scheduled" && isScheduledAnew(unit.spec, service)) replanned.push(unit);
      if (differs(unit.spec.health, service.health)) rechecked.push(unit);
      unit.spec = service;
      unit.log.writeTo(service.log);
    }
  }
  const arriving = resized.flatMap((one) => one.added).filter((unit) => unit.spec.autostart);
  const at = fleet.world.clock.now();
  for (const unit of arriving) unit.feed({ type: "start", at });
  for (const unit of rechecked) unit.feed({ type: "checksChanged", at });
  for (const unit of new Set([...restarted, ...replanned])) unit.feed({ type: "restart", at });
  lookAtDependencies(fleet);
  const surplus = [...leaving, ...resized.flatMap((one) => one.surplus)];
  await Promise.all([retire(fleet, surplus, waiting), waitUntilUp(fleet, [...arriving, ...restarted], { ...waiting, command: "reload" })]);
  return plan;
}

/** One that waits for its next run has nothing to lose; one that runs is planned anew at its end. */
function isScheduledAnew(before: ServiceSpec, after: ServiceSpec): boolean {
  return differs([before.schedule, before.overlap], [after.schedule, after.overlap]);
}

/** Specs are JSON, and their keys stand in the same order. */
function differs(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** Another number of instances, until the supervisor ends or a reload changes it back. The highest numbers stop first. */
export async function scale(fleet: FleetContext, name: string, count: number, waiting: Waiting): Promise<readonly Unit[]> {
  refuseWhileStopping(fleet);
  const service = fleet.services.get(name);
  if (service === undefined) throw noSuchService(name, [...fleet.services.keys()]);
  const wanted = unitsOf(fleet, name).length === 0 || unitsOf(fleet, name).some((unit) => unit.state.phase.tag !== "stopped");
  const { added, surplus } = resize(fleet, service, count);
  const at = fleet.world.clock.now();
  if (wanted) for (const unit of added) unit.feed({ type: "start", at });
  const starting = wanted ? waitUntilUp(fleet, added, { ...waiting, command: `scale ${name}=${count}` }) : Promise.resolve();
  await Promise.all([retire(fleet, surplus, waiting), starting]);
  return unitsOf(fleet, name);
}

function resize(fleet: FleetContext, service: ServiceSpec, count: number): { readonly added: Unit[]; readonly surplus: Unit[] } {
  const surplus = unitsOf(fleet, service.name)
    .filter((unit) => unit.instance > count)
    .reverse();
  const added = addInstances(fleet, service, count);
  const counted = service.instances !== null || count !== 1;
  for (const unit of unitsOf(fleet, service.name)) rename(unit, instanceName(service.name, unit.instance, counted || unit.instance > 1));
  return { added, surplus };
}

function rename(unit: Unit, name: string): void {
  if (unit.name === name) return;
  unit.name = name;
  unit.log.rename(name);
}

/** Stops units with their trees and forgets them. */
async function retire(fleet: FleetContext, units: readonly Unit[], waiting: Waiting): Promise<void> {
  requestStops(fleet, units);
  await waitUntilDown(fleet, units, { ...waiting, command: "reload" });
  for (const unit of units) removeUnit(fleet, unit);
}
