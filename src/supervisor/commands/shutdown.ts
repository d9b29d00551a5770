import { absurd } from "../../core/absurd.ts";
import { type FleetEffect, type FleetEvent, reduceFleet, timeLeft } from "../../core/fleet.ts";
import { exitCodeOf } from "../../core/machine/ending.ts";
import { hasEnded, holdsProcess, isDown } from "../../core/machine/shown.ts";
import type { AfterClean } from "../../core/machine/state.ts";
import { runsByProcess } from "../../core/machine/steps.ts";
import { mayStop } from "../../core/order.ts";
import { type Change, type FleetContext, unitsOf } from "../fleet/fleet.ts";
import type { Unit } from "../unit/unit.ts";

/** Stopping: some services by command, or all of them within one deadline. */

export function feedFleet(fleet: FleetContext, event: FleetEvent): void {
  const step = reduceFleet(fleet.spec.shutdownTimeoutMs, fleet.fleet, event);
  fleet.fleet = step.fleet;
  for (const effect of step.effects) carryOut(fleet, effect);
}

/** What each change of a unit means for the whole; registered as an observer of the fleet. */
export function followShutdown(fleet: FleetContext, change: Change): void {
  advanceStops(fleet);
  if (fleet.fleet.tag === "gone") return;
  if (fleet.fleet.tag !== "up") {
    if (fleet.units.every((unit) => isDown(unit.state.phase))) feedFleet(fleet, { type: "allDown", at: fleet.world.clock.now() });
    return;
  }
  const end = decisiveEnd(fleet, change);
  if (end === null) settle(fleet);
  else feedFleet(fleet, { type: "essentialEnded", at: fleet.world.clock.now(), ...end });
}

/**
 * Each unit gets its stop once all its dependents among those that stop are down, or at once where it holds no process: nobody
 * can miss what is not there, and it must not start meanwhile.
 */
export function requestStops(fleet: FleetContext, units: readonly Unit[], timeoutMs?: number): void {
  for (const unit of units) {
    if (unit.state.phase.tag === "stopped") continue;
    fleet.stopping.add(unit);
    fleet.stopsDue.set(unit, timeoutMs);
  }
  advanceStops(fleet);
}

function advanceStops(fleet: FleetContext): void {
  // Each stop is a change that leads back to here: of a thousand services that would be as many calls within each other.
  if (fleet.advancing) return;
  fleet.advancing = true;
  try {
    for (let due = stopsThatMay(fleet); due.length > 0; due = stopsThatMay(fleet)) {
      for (const [unit, timeoutMs] of due) if (fleet.stopsDue.has(unit)) sendStop(fleet, unit, timeoutMs);
    }
  } finally {
    fleet.advancing = false;
  }
}

function stopsThatMay(fleet: FleetContext): (readonly [Unit, number | undefined])[] {
  const isClear = (unit: Unit): boolean => mayStop(unit.service, fleet.dependents, (service) => isStopped(fleet, service));
  return [...fleet.stopsDue].filter(([unit]) => !holdsProcess(unit.state.phase) || isClear(unit));
}

/** A dependent that was not asked to stop is not waited for. */
function isStopped(fleet: FleetContext, service: string): boolean {
  return unitsOf(fleet, service).every((unit) => !fleet.stopping.has(unit) || isDown(unit.state.phase));
}

function sendStop(fleet: FleetContext, unit: Unit, timeoutMs: number | undefined): void {
  fleet.stopsDue.delete(unit);
  const at = fleet.world.clock.now();
  const left = timeLeft(fleet.fleet, at);
  const commanded = fleet.fleet.tag === "stopping" ? fleet.fleet.stopTimeoutMs : null;
  const own = timeoutMs ?? commanded ?? unit.spec.stop.timeoutMs;
  unit.feed({ type: "stop", at, timeoutMs: left === null ? own : Math.min(own, left) });
}

function carryOut(fleet: FleetContext, effect: FleetEffect): void {
  switch (effect.type) {
    case "stopInOrder":
      say(fleet, `stopping all services${effect.why === null ? "" : `: ${effect.why}`}`);
      requestStops(fleet, stillUp(fleet));
      if (stillUp(fleet).length === 0) feedFleet(fleet, { type: "allDown", at: fleet.world.clock.now() });
      return;
    case "stopRest":
      for (const [unit, timeoutMs] of [...fleet.stopsDue]) sendStop(fleet, unit, timeoutMs);
      return;
    case "killAll":
      killAll(fleet);
      return;
    case "arm":
      fleet.timers.get(effect.timer)?.();
      fleet.timers.set(
        effect.timer,
        fleet.world.clock.arm(effect.ms, () => feedFleet(fleet, { type: "elapsed", at: fleet.world.clock.now(), timer: effect.timer })),
      );
      return;
    case "disarm":
      fleet.timers.get(effect.timer)?.();
      fleet.timers.delete(effect.timer);
      return;
    case "exit":
      sayLastWord(fleet);
      fleet.over.abort();
      fleet.exit(effect.code, effect.withinMs);
      return;
    default:
      absurd(effect);
  }
}

/** Behind what is still to be said of the single services. */
function say(fleet: FleetContext, words: string): void {
  void Promise.all(fleet.units.map((unit) => unit.life.words)).then(() => fleet.world.logs.say(words));
}

function sayLastWord(fleet: FleetContext): void {
  say(fleet, gaveUpOn(fleet) ?? "all services stopped");
}

/** Those that have not ended in the time that svc has after a kill; what is left of them is ended with svc. Null where all are down. */
export function gaveUpOn(fleet: FleetContext): string | null {
  const left = stillUp(fleet).map((unit) => unit.name);
  return left.length === 0 ? null : `gave up on ${left.join(", ")}`;
}

function killAll(fleet: FleetContext): void {
  fleet.stopsDue.clear();
  for (const unit of stillUp(fleet)) {
    fleet.stopping.add(unit);
    unit.feed({ type: "stop", at: fleet.world.clock.now(), timeoutMs: 0 });
  }
  if (stillUp(fleet).length === 0) feedFleet(fleet, { type: "allDown", at: fleet.world.clock.now() });
}

function stillUp(fleet: FleetContext): Unit[] {
  return fleet.units.filter((unit) => !isDown(unit.state.phase));
}

interface DecisiveEnd {
  readonly exitCode: number;
  readonly why: string;
}

/** An end, or an illness, that ends everything, or null. A stop by command is no such end. */
function decisiveEnd(fleet: FleetContext, { unit, before, after: state, event }: Change): DecisiveEnd | null {
  // Its process lives, so it has no code of its own.
  if (state.phase.tag === "unhealthy" && before.phase.tag !== "unhealthy" && unit.spec.health?.onFailure === "shutdown") {
    return { exitCode: 1, why: `${unit.name} is unhealthy` };
  }
  const ended = hasEnded(state.phase) && !hasEnded(before.phase);
  if (unit.spec.essential && ended) {
    return { exitCode: exitCodeOf(state.lastExit, state.phase.tag === "completed"), why: `${unit.name} is essential` };
  }
  if (unit.service !== fleet.exitCodeFrom) return null;
  const why = `${unit.name} has ended, and --exit-code-from names it`;
  if (ended && state.phase.tag === "skipped") return { exitCode: 1, why };
  // A run of a schedule is no end of the service.
  const isRun = event.type === "runFailed" || runsByProcess(unit.spec);
  if (isRun && !ended) return null;
  const { lastExit } = state;
  if (lastExit === null || lastExit === before.lastExit) return null;
  const stoppedByCommand = state.phase.tag === "stopped" || (state.phase.tag === "cleaning" && isByCommand(state.phase.after));
  return stoppedByCommand ? null : { exitCode: exitCodeOf(lastExit, lastExit.kind === "exited"), why };
}

function isByCommand(after: AfterClean): boolean {
  return after === "stopped" || after === "start";
}

/** svc ends by itself when all that was wanted has ended, and nobody stopped one by command. */
function settle(fleet: FleetContext): void {
  // Of a thousand services that start, each change comes by here: the first that is up settles it.
  if (!fleet.units.every(({ state }) => state.phase.tag === "stopped" || hasEnded(state.phase))) return;
  const wanted = fleet.units.filter((unit) => unit.state.phase.tag !== "stopped");
  if (!fleet.endsByItself || wanted.length === 0 || fleet.units.some((unit) => unit.stoppedByCommand)) return;
  const allCompleted = wanted.every((unit) => unit.state.phase.tag === "completed");
  feedFleet(fleet, { type: "settled", at: fleet.world.clock.now(), allCompleted });
}
