import type { Fleet, FleetTimer } from "../../core/fleet.ts";
import { isDown } from "../../core/machine/shown.ts";
import type { Event, State } from "../../core/machine/state.ts";
import { instanceName } from "../../core/names.ts";
import { dependents } from "../../core/order.ts";
import type { FleetSpec, ServiceSpec } from "../../core/spec.ts";
import { createUnit, type Unit } from "../unit/unit.ts";
import type { World } from "../world.ts";
import { scheduleLook } from "./look.ts";

export interface Change {
  readonly unit: Unit;
  readonly before: State;
  /** What the event made of it; `unit.state` may have gone on since. */
  readonly after: State;
  readonly event: Event;
}

/** All that one supervisor holds. The functions of this folder act on it; none of them keeps state of its own. */
export interface FleetContext {
  readonly world: World;
  spec: FleetSpec;
  fleet: Fleet;
  /** In the order of the config, instances in theirs. */
  units: Unit[];
  /** The same units by service; a service that is scaled to 0 has none. */
  unitsByService: Map<string, Unit[]>;
  services: Map<string, ServiceSpec>;
  dependents: Map<string, string[]>;
  /** Everything stops at this one's first ending (`--exit-code-from`). */
  readonly exitCodeFrom: string | null;
  /** It ends when all of its services have. */
  readonly endsByItself: boolean;
  /** Asked to stop, and waiting for those that depend on them; the timeout replaces their own. */
  readonly stopsDue: Map<Unit, number | undefined>;
  /** The stops that are due are being sent. */
  advancing: boolean;
  /** Asked to stop and not down yet, those of `stopsDue` included. */
  readonly stopping: Set<Unit>;
  /** Scaled away, or no longer in the config: forgotten as soon as they are down. */
  readonly leaving: Set<Unit>;
  /** Those that wait for their turn in a rolling restart, each with what ends that restart. */
  readonly rolling: Map<Unit, (later: string) => void>;
  /** Told of each event that was fed to a unit, after it took effect, and of one after the other. */
  readonly observers: Set<(change: Change) => void>;
  /** What the observers are still to be told. */
  readonly news: Change[];
  telling: boolean;
  readonly timers: Map<FleetTimer, () => void>;
  /** Those whose dependencies are not there yet: of a thousand services that start, each change looks at these alone. */
  readonly waiting: Set<Unit>;
  /** Looks at the dependencies of all that wait, once for all changes of one turn. */
  lookScheduled: boolean;
  /** Aborted when svc waits for its services no longer: they are down, or it has given up on them. */
  readonly over: AbortController;
  /** Called once, when nothing is left to do but to let the last lines reach their reader, for `withinMs` at most. */
  readonly exit: (code: number, withinMs: number) => void;
}

export function createFleet(
  world: World,
  spec: FleetSpec,
  options: Pick<FleetContext, "exitCodeFrom" | "endsByItself" | "exit">,
): FleetContext {
  const fleet: FleetContext = {
    world,
    spec,
    fleet: { tag: "up" },
    units: [],
    unitsByService: new Map(),
    services: new Map(),
    dependents: new Map(),
    exitCodeFrom: options.exitCodeFrom,
    endsByItself: options.endsByItself,
    stopsDue: new Map(),
    advancing: false,
    stopping: new Set(),
    leaving: new Set(),
    rolling: new Map(),
    observers: new Set(),
    news: [],
    telling: false,
    timers: new Map(),
    waiting: new Set(),
    lookScheduled: false,
    over: new AbortController(),
    exit: options.exit,
  };
  adopt(fleet, spec);
  setUnits(
    fleet,
    spec.services.flatMap((service) => newInstances(fleet, service, service.instances ?? 1)),
  );
  return fleet;
}

/** Takes over a spec's services and its graph; the units stay what they are. */
export function adopt(fleet: FleetContext, spec: FleetSpec): void {
  fleet.spec = spec;
  fleet.world.heed?.(spec);
  fleet.world.logs.writeOwnTo(spec.ownLog);
  fleet.world.logs.useFormat(spec.logFormat);
  fleet.services = new Map(spec.services.map((service) => [service.name, service]));
  fleet.dependents = dependents(spec.services);
}

/** Makes the units of a service up to `count`; those that exist stay. Returns the new ones. */
export function addInstances(fleet: FleetContext, service: ServiceSpec, count: number): Unit[] {
  const added = newInstances(fleet, service, count);
  setUnits(fleet, [...fleet.units, ...added]);
  return added;
}

function newInstances(fleet: FleetContext, service: ServiceSpec, count: number): Unit[] {
  const present = new Set(unitsOf(fleet, service.name).map((unit) => unit.instance));
  const counted = service.instances !== null || count > 1;
  const added: Unit[] = [];
  for (let instance = 1; instance <= count; instance++) {
    if (present.has(instance)) continue;
    const name = instanceName(service.name, instance, counted);
    const unit = createUnit(fleet.world, service, { name, instance }, (...change) => onChange(fleet, ...change));
    added.push(unit);
  }
  return added;
}

export function removeUnit(fleet: FleetContext, unit: Unit): void {
  setUnits(
    fleet,
    fleet.units.filter((one) => one !== unit),
  );
  fleet.stopping.delete(unit);
  fleet.stopsDue.delete(unit);
  fleet.waiting.delete(unit);
  fleet.leaving.delete(unit);
  unit.log.close();
}

export function unitsOf(fleet: FleetContext, service: string): Unit[] {
  return fleet.unitsByService.get(service) ?? [];
}

function setUnits(fleet: FleetContext, units: readonly Unit[]): void {
  const order = new Map([...fleet.services.keys()].map((name, index) => [name, index]));
  const rank = (unit: Unit): number => order.get(unit.service) ?? order.size;
  fleet.units = [...units].sort((a, b) => rank(a) - rank(b) || a.instance - b.instance);
  fleet.unitsByService = new Map();
  for (const unit of fleet.units) {
    const siblings = fleet.unitsByService.get(unit.service);
    if (siblings === undefined) fleet.unitsByService.set(unit.service, [unit]);
    else siblings.push(unit);
  }
}

function onChange(fleet: FleetContext, unit: Unit, before: State, event: Event): void {
  if (event.type === "start" || event.type === "restart") keep(fleet, unit);
  if (isDown(unit.state.phase)) fleet.stopping.delete(unit);
  if (unit.state.phase.tag === "waiting") fleet.waiting.add(unit);
  else fleet.waiting.delete(unit);
  fleet.news.push({ unit, before, after: unit.state, event });
  tellNews(fleet);
}

/** What an observer feeds is news for after this: all hear of everything, in the order in which it happened. */
function tellNews(fleet: FleetContext): void {
  if (fleet.telling) return;
  fleet.telling = true;
  try {
    for (let change = fleet.news.shift(); change !== undefined; change = fleet.news.shift()) tell(fleet, change);
  } finally {
    fleet.telling = false;
  }
}

function tell(fleet: FleetContext, change: Change): void {
  for (const observer of fleet.observers) observer(change);
  if (fleet.leaving.has(change.unit) && isDown(change.unit.state.phase)) removeUnit(fleet, change.unit);
  // Its dependents see its phase, and whether it is healthy.
  if (change.after.phase.tag !== change.before.phase.tag || change.after.checks !== change.before.checks) scheduleLook(fleet);
}

/** A start takes back a stop that was asked before. */
function keep(fleet: FleetContext, unit: Unit): void {
  unit.stoppedByCommand = false;
  fleet.stopsDue.delete(unit);
  fleet.stopping.delete(unit);
}
