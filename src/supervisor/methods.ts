import { EXIT, SvcError } from "../core/errors.ts";
import { isWanted } from "../core/log/wanted.ts";
import { isDown, pidOf, shownState } from "../core/machine/shown.ts";
import type { Logs, LogsParams, ParamsOf, Said, ServiceEvent, WaitParams } from "../core/methods.ts";
import { means, type Named } from "../core/names.ts";
import type { ReloadPlan } from "../core/plan.ts";
import { signalNumber } from "../core/signals.ts";
import { nearest } from "../core/suggest.ts";
import { WAIT_TARGETS, waitVerdict } from "../core/wait-target.ts";
import type { Caller } from "../effects/control/dispatch.ts";
import type { MethodHandlers } from "../effects/control/methods.ts";
import { named, restart, someOf, start, stop, type Waiting } from "./commands/commands.ts";
import { scale } from "./commands/reload.ts";
import { feedFleet, gaveUpOn } from "./commands/shutdown.ts";
import type { Change, FleetContext } from "./fleet/fleet.ts";
import { waitFor } from "./fleet/wait-for.ts";
import { isUp, waitUntilDown } from "./fleet/waits.ts";
import { graphOf } from "./report/graph.ts";
import { queryLogs } from "./report/log-query.ts";
import { reasonOf } from "./report/reason-of.ts";
import { rowOf, rowsOf, type Samples, statusOf, unwell } from "./report/rows.ts";
import { environmentOf } from "./unit/environment-of.ts";
import { hideAhead } from "./unit/secrets.ts";
import type { Unit } from "./unit/unit.ts";

export interface MethodOptions {
  readonly reload: (planOnly: boolean, waiting: Waiting, tell: (said: Said) => void) => Promise<ReloadPlan>;
}

/** The control methods: what stands behind each command of the client. */
export function createMethods(fleet: FleetContext, options: MethodOptions): MethodHandlers {
  const samples: Samples = new WeakMap();
  const rows = (units: readonly Unit[]) => rowsOf(fleet, units, samples);
  return {
    list: async ({ graph }) => ({ services: await rows(fleet.units), ...(graph ? { graph: graphOf(fleet) } : {}) }),
    status: async ({ name }) => {
      const units = named(fleet, [name]);
      return { rows: await rows(units), detail: units.map((unit) => statusOf(fleet, unit)) };
    },
    start: async (params, caller) => ({ rows: await rows(await start(fleet, params, waiting(caller))) }),
    stop: (params, caller) => (params.names.length === 0 ? stopEverything(fleet, params) : stopSome(fleet, params, caller)),
    restart: async ({ names }, caller) => ({ rows: await rows(await restart(fleet, names, waiting(caller))) }),
    logs: (params, caller) => logs(fleet, params, caller),
    events: ({ follow }, caller) => {
      if (follow) followEvents(fleet, caller);
      return {};
    },
    env: async ({ name }) => ({ services: await Promise.all(named(fleet, [name]).map((unit) => environmentOf(fleet.world, unit))) }),
    signal: ({ name, signal, group }) => {
      for (const unit of named(fleet, [name])) sendSignal(fleet, unit, signal, group ? "group" : "main");
      return {};
    },
    health: () => {
      const problems = fleet.units.map((unit) => unwell(unit, isUp(fleet, unit))).filter((problem) => problem !== null);
      if (fleet.fleet.tag !== "up") problems.unshift("svc is stopping");
      return { ok: problems.length === 0, problems };
    },
    wait: (params, caller) => wait(fleet, params, caller),
    reload: ({ plan }, caller) => options.reload(plan ?? false, waiting(caller), (said) => caller.notify("said", said)),
    scale: async ({ name, count }, caller) => ({ rows: await rows(await scale(fleet, name, count, waiting(caller))) }),
  };
}

function waiting(caller: Caller): Waiting {
  return { signal: caller.signal, onProgress: (names) => caller.notify("progress", { waiting: names }) };
}

async function stopSome(fleet: FleetContext, params: ParamsOf<"stop">, caller: Caller) {
  const { stopped, note } = await stop(fleet, params, waiting(caller));
  return { stopped: stopped.map((unit) => unit.name), note };
}

/** The supervisor ends after the reply: it waits for its clients to have it. */
async function stopEverything(fleet: FleetContext, params: ParamsOf<"stop">) {
  const stopped = fleet.units.filter((unit) => !isDown(unit.state.phase)).map((unit) => unit.name);
  feedFleet(fleet, { type: "stopCommanded", at: fleet.world.clock.now(), now: params.now ?? false, timeoutMs: params.timeoutMs ?? null });
  const { signal } = fleet.over;
  await waitUntilDown(fleet, fleet.units, { command: "stop", signal }).catch((error) => {
    // svc ends then, whatever is still to be seen of what it has killed: the answer would never come.
    if (!signal.aborted) throw error;
  });
  return { stopped, note: gaveUpOn(fleet) };
}

function sendSignal(fleet: FleetContext, unit: Unit, signal: string, target: "main" | "group"): void {
  if (signalNumber(signal) === null) {
    throw new SvcError(`no such signal: ${JSON.stringify(signal)}`, EXIT.usage, { hint: "write it like SIGHUP" });
  }
  const { tree, child } = unit.life;
  if (tree === null || child === null) throw new SvcError(`cannot signal ${unit.name}: it is ${shownState(unit.state)}`, EXIT.failed);
  fleet.world.trees.signal(tree, signal, target);
}

function logs(fleet: FleetContext, params: LogsParams, caller: Caller): Promise<Logs> {
  const units = params.names.length === 0 ? fleet.units : named(fleet, params.names);
  if (params.follow) followLogs(fleet, params, caller);
  return queryLogs(fleet.world, units, params);
}

/** By name, not by unit: what a later scale or reload brings under a name is followed too. */
function followLogs(fleet: FleetContext, params: LogsParams, caller: Caller): void {
  const follow = caller.follow("log");
  const filter = params.names.length === 0 ? null : (log: Named) => params.names.some((name) => means(name, log));
  const leave = fleet.world.logs.follow(filter, (records) => {
    for (const record of records) if (isWanted(params, record)) follow.send(record);
  });
  caller.signal.addEventListener("abort", leave, { once: true });
}

function followEvents(fleet: FleetContext, caller: Caller): void {
  const follow = caller.follow("event");
  const observe = ({ unit, before, after }: Change): void => {
    const from = shownState(before);
    const to = shownState(after);
    if (from === to && after.lastExit === before.lastExit) return;
    const event: ServiceEvent = {
      time: new Date(fleet.world.clock.now()).toISOString(),
      name: unit.name,
      service: unit.service,
      instance: unit.instance,
      from,
      to,
      pid: pidOf(after.phase),
      reason: reasonOf(after, before),
    };
    follow.send(event);
  };
  fleet.observers.add(observe);
  caller.signal.addEventListener("abort", () => fleet.observers.delete(observe), { once: true });
}

async function wait(fleet: FleetContext, params: WaitParams, caller: Caller) {
  if (!WAIT_TARGETS.includes(params.for)) {
    const near = nearest(params.for, WAIT_TARGETS);
    const hint = near === null ? `one of ${WAIT_TARGETS.join(", ")}` : `did you mean "${near}"?`;
    throw new SvcError(`cannot wait for ${JSON.stringify(params.for)}: no such state`, EXIT.usage, { hint });
  }
  const units = someOf(named(fleet, [params.name]), params.for === "stopped" ? [] : [params.name]);
  const overdue = new AbortController();
  const disarm = params.timeoutMs === undefined ? () => {} : fleet.world.clock.arm(params.timeoutMs, () => overdue.abort());
  const signal = AbortSignal.any([overdue.signal, caller.signal]);
  try {
    await waitFor(fleet, units, { command: "wait", signal }, (unit) => verdict(fleet, unit, params.for));
  } catch (error) {
    if (!overdue.signal.aborted) throw error;
    const states = units.map((unit) => `${unit.name} is ${shownState(unit.state)}`).join(", ");
    throw new SvcError(`not ${params.for} in time: ${states}`, EXIT.failed);
  } finally {
    disarm();
  }
  await hideAhead(fleet.world, units);
  return { rows: units.map((unit) => rowOf(fleet, unit)) };
}

function verdict(fleet: FleetContext, unit: Unit, target: string): "there" | "pending" | SvcError {
  const row = rowOf(fleet, unit);
  if (unit.spec.health === null && ["healthy", "unhealthy"].includes(target)) {
    return new SvcError(`${unit.name} will not be ${target}: it has no health check`, EXIT.failed);
  }
  const is = waitVerdict(target, row);
  return is === "never" ? new SvcError(`${unit.name} will not be ${target}: it is ${row.state}`, EXIT.failed) : is;
}
