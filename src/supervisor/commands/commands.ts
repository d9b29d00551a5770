import { EXIT, SvcError } from "../../core/errors.ts";
import { isDown } from "../../core/machine/shown.ts";
import { instancesNamed } from "../../core/names.ts";
import { withDependencies } from "../../core/order.ts";
import { type FleetContext, unitsOf } from "../fleet/fleet.ts";
import { neededBy } from "../fleet/needs.ts";
import { isWanted } from "../fleet/standing.ts";
import type { WaitOptions } from "../fleet/wait-for.ts";
import { waitUntilDown, waitUntilUp } from "../fleet/waits.ts";
import type { Unit } from "../unit/unit.ts";
import { rollAll } from "./roll-all.ts";
import { requestStops } from "./shutdown.ts";

/** What the commands do to the fleet: they feed the units and say which are to be waited for. */

export type Waiting = Omit<WaitOptions, "command">;

export function named(fleet: FleetContext, names: readonly string[]): Unit[] {
  return instancesNamed(names, fleet.services.keys(), fleet.units);
}

/** Starts what is named and what it depends on. A dependency that has done its part is not run again; one that is named is. */
export async function start(
  fleet: FleetContext,
  params: { readonly names: readonly string[]; readonly all?: boolean; readonly now?: boolean },
  waiting: Waiting,
): Promise<Unit[]> {
  refuseWhileStopping(fleet);
  const chosen = params.all ? fleet.units.filter((unit) => isUnwell(fleet, unit)) : startable(fleet, params.names);
  const at = fleet.world.clock.now();
  for (const unit of neededBy(fleet, chosen)) unit.feed({ type: "start", at });
  for (const unit of chosen) unit.feed({ type: "start", at, now: params.now ?? false });
  if (params.now) for (const unit of chosen) unit.life.link?.runNow();
  await waitUntilUp(fleet, chosen, { ...waiting, command: `start ${params.names.join(" ")}`.trim() });
  return chosen;
}

/**
 * The first start of a supervisor: all that start by themselves, or only the named ones, with what they depend on. `now`: what
 * waits for its schedule runs at once, but for the dependencies.
 */
export function startFleet(fleet: FleetContext, names: readonly string[], now: boolean): Unit[] {
  const chosen = names.length > 0 ? named(fleet, names) : fleet.units.filter((unit) => unit.spec.autostart);
  const reached = withDependencies([...new Set(chosen.map((unit) => unit.service))], fleet.services);
  const wanted = fleet.units.filter(
    (unit) => chosen.includes(unit) || (reached.has(unit.service) && !chosen.some((one) => one.service === unit.service)),
  );
  const at = fleet.world.clock.now();
  for (const unit of wanted) unit.feed({ type: "start", at, now: now && chosen.includes(unit) });
  return wanted;
}

/** Stops the named services only. The note names dependents that go on running. */
export async function stop(
  fleet: FleetContext,
  params: { readonly names: readonly string[]; readonly timeoutMs?: number; readonly now?: boolean },
  waiting: Waiting,
): Promise<{ readonly stopped: readonly Unit[]; readonly note: string | null }> {
  const units = named(fleet, params.names);
  for (const unit of units) unit.stoppedByCommand = true;
  requestStops(fleet, units, params.now ? 0 : params.timeoutMs);
  await waitUntilDown(fleet, units, { ...waiting, command: `stop ${params.names.join(" ")}` });
  return { stopped: units, note: dependentsNote(fleet, units) };
}

/** Without names all that are wanted, and with what they depend on. */
export async function restart(fleet: FleetContext, names: readonly string[], waiting: Waiting): Promise<Unit[]> {
  refuseWhileStopping(fleet);
  const units = names.length > 0 ? startable(fleet, names) : fleet.units.filter((unit) => isWanted(fleet, unit));
  const options = { ...waiting, command: `restart ${names.join(" ")}`.trim() };
  const at = fleet.world.clock.now();
  for (const unit of neededBy(fleet, units)) unit.feed({ type: "start", at });
  const services = new Set(units.map((unit) => unit.service));
  const rolls = [...services].map((service) => units.filter((unit) => unit.service === service));
  await rollAll(fleet, rolls, options);
  return units;
}

/** Restarts what is named; what becomes of it is for the caller to wait for. */
export function restartNow(fleet: FleetContext, names: readonly string[]): void {
  refuseWhileStopping(fleet);
  for (const unit of startable(fleet, names)) unit.feed({ type: "restart", at: fleet.world.clock.now() });
}

export function refuseWhileStopping(fleet: FleetContext): void {
  if (fleet.fleet.tag !== "up") throw new SvcError("cannot do that now: svc is stopping everything", EXIT.failed);
}

/** What is on its way out, scaled away or out of the config, cannot be started again. */
function startable(fleet: FleetContext, names: readonly string[]): Unit[] {
  const units = fleet.units.filter((unit) => !fleet.leaving.has(unit));
  return someOf(instancesNamed(names, fleet.services.keys(), units), names);
}

/** A service that is scaled to 0 would be up, or in any state, without anybody having done anything. */
export function someOf(units: Unit[], names: readonly string[]): Unit[] {
  const [name] = names;
  if (units.length > 0 || name === undefined) return units;
  throw new SvcError(`${name} has no instances`, EXIT.failed, { hint: `\`svc scale ${name}=1\` makes one` });
}

/** Stopped, failed or skipped, or on its way to be. */
function isUnwell(fleet: FleetContext, unit: Unit): boolean {
  if (fleet.leaving.has(unit)) return false;
  return fleet.stopping.has(unit) || (isDown(unit.state.phase) && unit.state.phase.tag !== "completed");
}

function dependentsNote(fleet: FleetContext, stopped: readonly Unit[]): string | null {
  const services = new Set(stopped.map((unit) => unit.service));
  const running = [...services]
    .flatMap((service) => fleet.dependents.get(service) ?? [])
    .filter((service) => !services.has(service) && unitsOf(fleet, service).some((unit) => !isDown(unit.state.phase)));
  const names = [...new Set(running)];
  return names.length === 0 ? null : `still running, and depending on what was stopped: ${names.join(", ")}`;
}
