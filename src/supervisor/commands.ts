import { EXIT, SvcError } from "../core/errors.ts";
import { isDown } from "../core/machine/shown.ts";
import { instancesNamed } from "../core/names.ts";
import { withDependencies } from "../core/order.ts";
import { type FleetContext, unitsOf } from "./fleet.ts";
import { requestStops } from "./shutdown.ts";
import type { Unit } from "./unit.ts";
import type { WaitOptions } from "./wait-for.ts";
import { waitUntilDown, waitUntilUp } from "./waits.ts";

/** What the commands do to the fleet: they feed the units and say which are to be waited for. */

export type Waiting = Omit<WaitOptions, "command">;

export function named(fleet: FleetContext, names: readonly string[]): Unit[] {
  return instancesNamed(names, fleet.services.keys(), fleet.units);
}

/** Starts what is named and what it depends on. A dependency that has completed is not run again; one that is named is. */
export async function start(
  fleet: FleetContext,
  params: { readonly names: readonly string[]; readonly all?: boolean; readonly now?: boolean },
  waiting: Waiting,
): Promise<Unit[]> {
  refuseWhileStopping(fleet);
  const chosen = params.all ? fleet.units.filter(isIdleUnwell) : named(fleet, params.names);
  const reached = withDependencies([...new Set(chosen.map((unit) => unit.service))], fleet.services);
  const brought = fleet.units.filter((unit) => reached.has(unit.service) && !chosen.includes(unit) && isIdleUnwell(unit));
  const at = fleet.world.clock.now();
  for (const unit of brought) unit.feed({ type: "start", at });
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

/** Without names all that are wanted. The instances of one service go one at a time, the next when the last is up. */
export async function restart(fleet: FleetContext, names: readonly string[], waiting: Waiting): Promise<Unit[]> {
  refuseWhileStopping(fleet);
  const units = names.length > 0 ? named(fleet, names) : fleet.units.filter((unit) => unit.state.phase.tag !== "stopped");
  const command = `restart ${names.join(" ")}`.trim();
  const services = new Set(units.map((unit) => unit.service));
  const one = async (service: string): Promise<void> => {
    for (const unit of units.filter((candidate) => candidate.service === service)) {
      unit.feed({ type: "restart", at: fleet.world.clock.now() });
      await waitUntilUp(fleet, [unit], { ...waiting, command });
    }
  };
  await Promise.all([...services].map(one));
  return units;
}

/** Restarts what is named; what becomes of it is for the caller to wait for. */
export function restartNow(fleet: FleetContext, names: readonly string[]): void {
  refuseWhileStopping(fleet);
  for (const unit of named(fleet, names)) unit.feed({ type: "restart", at: fleet.world.clock.now() });
}

export function refuseWhileStopping(fleet: FleetContext): void {
  if (fleet.fleet.tag !== "up") throw new SvcError("cannot do that now: svc is stopping everything", EXIT.failed);
}

/** Not running, and not there because it was not wanted or did not make it. */
function isIdleUnwell(unit: Unit): boolean {
  const { phase } = unit.state;
  const stopsNow = phase.tag === "stopping" && phase.after.next === "stopped";
  return stopsNow || (phase.tag === "cleaning" && phase.after === "stopped") || (isDown(phase) && phase.tag !== "completed");
}

function dependentsNote(fleet: FleetContext, stopped: readonly Unit[]): string | null {
  const services = new Set(stopped.map((unit) => unit.service));
  const running = [...services]
    .flatMap((service) => fleet.dependents.get(service) ?? [])
    .filter((service) => !services.has(service) && unitsOf(fleet, service).some((unit) => !isDown(unit.state.phase)));
  const names = [...new Set(running)];
  return names.length === 0 ? null : `still running, and depending on what was stopped: ${names.join(", ")}`;
}
