import { LAST_PORT, MOST_INSTANCES } from "../../core/defaults.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { isDown } from "../../core/machine/shown.ts";
import { instanceName, noSuchService } from "../../core/names.ts";
import type { ReloadPlan } from "../../core/plan.ts";
import type { FleetSpec, ServiceSpec } from "../../core/spec.ts";
import { addInstances, adopt, type FleetContext, removeUnit, unitsOf } from "../fleet/fleet.ts";
import { lookAtDependencies } from "../fleet/look.ts";
import { neededBy } from "../fleet/needs.ts";
import { isWanted, staying } from "../fleet/standing.ts";
import type { WaitOptions } from "../fleet/wait-for.ts";
import { waitUntilDown, waitUntilUp } from "../fleet/waits.ts";
import type { Unit } from "../unit/unit.ts";
import { refuseWhileStopping, type Waiting } from "./commands.ts";
import { mayRoll } from "./may-roll.ts";
import { countAfter, planOf } from "./plan.ts";
import { rollAll } from "./roll-all.ts";
import { requestStops } from "./shutdown.ts";

interface Reloading {
  readonly next: FleetSpec;
  /** See `staleServices`. */
  readonly stale: ReadonlySet<string>;
}

/**
 * Takes over a new config: services come, go, restart where their process would be another one (several instances in turn, as
 * with `svc restart`), or follow new rules in place.
 */
export async function reload(fleet: FleetContext, { next, stale }: Reloading, waiting: Waiting): Promise<ReloadPlan> {
  refuseWhileStopping(fleet);
  const options = { ...waiting, command: "reload" };
  const plan = planOf(fleet, next, stale);
  const before = fleet.services;
  const removed = plan.removed.flatMap((service) => unitsOf(fleet, service));
  adopt(fleet, next);
  const reshaped = plan.restarted.flatMap((service) => unitsOf(fleet, service)).filter((unit) => isWanted(fleet, unit));
  const resized = next.services.map((service) => resize(fleet, service, countAfter(fleet, before.get(service.name), service)));
  const surplus = [...removed, ...resized.flatMap((one) => one.surplus)];
  // One that is to go is not waited for: it would never be up.
  const restarted = reshaped.filter((unit) => !surplus.includes(unit));
  const { replanned, rechecked } = followInPlace(fleet, next.services);
  const arriving = resized.flatMap((one) => one.arriving).filter((unit) => unit.spec.autostart);
  const ofService = (units: readonly Unit[], service: string): Unit[] => units.filter((unit) => unit.service === service);
  const rolled = next.services
    .filter((service) => mayRoll(before.get(service.name), service, ofService(restarted, service.name)))
    .map(({ name }) => [...ofService(arriving, name), ...ofService(restarted, name)]);
  const inTurn = new Set(rolled.flat());
  const atOnce = [...arriving, ...restarted].filter((unit) => !inTurn.has(unit));
  const at = fleet.world.clock.now();
  for (const unit of atOnce) if (!restarted.includes(unit)) unit.feed({ type: "start", at });
  for (const unit of rechecked) unit.feed({ type: "checksChanged", at });
  for (const unit of new Set([...restarted, ...replanned])) if (!inTurn.has(unit)) unit.feed({ type: "restart", at });
  const rolling = rollAll(fleet, rolled, options);
  lookAtDependencies(fleet);
  await Promise.all([retire(fleet, surplus, options), waitUntilUp(fleet, atOnce, options), rolling]);
  return plan;
}

interface Followed {
  /** Those that wait for a run of another schedule now. */
  readonly replanned: readonly Unit[];
  readonly rechecked: readonly Unit[];
}

/** The new rules for all, also for those whose process goes on. */
function followInPlace(fleet: FleetContext, services: readonly ServiceSpec[]): Followed {
  const replanned: Unit[] = [];
  const rechecked: Unit[] = [];
  for (const service of services) {
    for (const unit of unitsOf(fleet, service.name)) {
      if (unit.state.phase.tag === "scheduled" && isScheduledAnew(unit.spec, service)) replanned.push(unit);
      if (differs(unit.spec.health, service.health)) rechecked.push(unit);
      // From now on nothing but its group ends with it.
      if (!service.stop.tree) unit.life.tree?.cgroup?.dissolve();
      unit.spec = service;
      unit.log.writeTo(service.log);
    }
  }
  return { replanned, rechecked };
}

/** One that waits for its next run has nothing to lose; one that runs is planned anew at its end. */
function isScheduledAnew(before: ServiceSpec, after: ServiceSpec): boolean {
  return differs([before.schedule, before.overlap], [after.schedule, after.overlap]);
}

/** Specs are JSON, and their keys stand in the same order. */
function differs(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** Another number of instances, until the supervisor ends or a reload changes it. The highest numbers stop first. */
export async function scale(fleet: FleetContext, name: string, count: number, waiting: Waiting): Promise<readonly Unit[]> {
  refuseWhileStopping(fleet);
  const service = fleet.services.get(name);
  if (service === undefined) throw noSuchService(name, [...fleet.services.keys()]);
  refuseTooMany(service, count);
  const before = staying(fleet, name);
  const wanted = before.length === 0 || before.some((unit) => isWanted(fleet, unit));
  const command = `scale ${name}=${count}`;
  const { arriving, surplus } = resize(fleet, service, count);
  const at = fleet.world.clock.now();
  if (wanted) for (const unit of [...neededBy(fleet, arriving), ...arriving]) unit.feed({ type: "start", at });
  const starting = wanted ? waitUntilUp(fleet, arriving, { ...waiting, command }) : Promise.resolve();
  await Promise.all([retire(fleet, surplus, { ...waiting, command }), starting]);
  return unitsOf(fleet, name);
}

/** The same limits as in the config: a slip of the finger would bring the machine down. */
function refuseTooMany({ name, portBase }: ServiceSpec, count: number): void {
  const most = portBase === null ? MOST_INSTANCES : Math.min(MOST_INSTANCES, LAST_PORT - portBase + 1);
  if (Number.isInteger(count) && count >= 0 && count <= most) return;
  const why = most < MOST_INSTANCES ? ` (portBase is ${portBase}, and the last port ${LAST_PORT})` : "";
  throw new SvcError(`cannot scale ${name} to ${count}: a whole number from 0 to ${most} is possible${why}`, EXIT.usage);
}

interface Resized {
  /** Those that are new, and those that were on their way out and stay. */
  readonly arriving: Unit[];
  readonly surplus: Unit[];
}

function resize(fleet: FleetContext, service: ServiceSpec, count: number): Resized {
  const present = unitsOf(fleet, service.name);
  const surplus = present.filter((unit) => unit.instance > count).reverse();
  const back = present.filter((unit) => unit.instance <= count && fleet.leaving.delete(unit));
  const added = addInstances(fleet, service, count);
  const counted = service.instances !== null || count !== 1;
  for (const unit of unitsOf(fleet, service.name)) rename(unit, instanceName(service.name, unit.instance, counted || unit.instance > 1));
  return { arriving: [...back, ...added], surplus };
}

function rename(unit: Unit, name: string): void {
  if (unit.name === name) return;
  unit.name = name;
  unit.log.rename(name);
}

/** Stops units with their trees; each is forgotten when it is down, whether somebody still waits for that or not. */
async function retire(fleet: FleetContext, units: readonly Unit[], options: WaitOptions): Promise<void> {
  for (const unit of units) fleet.leaving.add(unit);
  requestStops(fleet, units);
  for (const unit of units) if (isDown(unit.state.phase)) removeUnit(fleet, unit);
  await waitUntilDown(fleet, units, options);
}
