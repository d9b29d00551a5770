import { EXIT, SvcError } from "../../core/errors.ts";
import { isDown, shownState } from "../../core/machine/shown.ts";
import { isUp as hasPassedReadiness } from "../../core/machine/steps.ts";
import type { Unit } from "../unit/unit.ts";
import type { Change, FleetContext } from "./fleet.ts";
import { millisecondsUntilUp, type Verdict, type WaitOptions, waitFor } from "./wait-for.ts";

/** Waiting for what a command asked for. A wait ends at the first failure; the supervisor and its policy go on. */

/** How many of its last lines are shown of a service that did not get up. */
const LINES_SHOWN = 20;

/** Resolves when all are up; rejects with a `SvcError` (exit code 1) at the first crash, failed readiness, `failed` or `skipped`. */
export function waitUntilUp(fleet: FleetContext, units: readonly Unit[], options: WaitOptions): Promise<void> {
  return waitFor(fleet, units, options, (unit, change) => {
    const later = laterCommand(change);
    if (later === "stop" || later === "restart") return superseded(unit, options.command, later);
    const failure = change === null ? null : failureOf(unit, change);
    if (failure !== null) return failure;
    return isUp(fleet, unit) ? "there" : "pending";
  });
}

/** There once a process exists, or a run waits for its schedule: not before its readiness check has passed. */
export function startedOrFailed(unit: Unit, change: Change | null): Verdict {
  const { phase } = unit.state;
  if (change?.event.type === "stop") return superseded(unit, "start", "stop");
  const failure = change === null ? null : failureOf(unit, change);
  if (failure !== null) return failure;
  return hasPassedReadiness(phase) || phase.tag === "scheduled" || phase.tag === "completed" ? "there" : "pending";
}

/** Resolves when all are down; rejects when a later command starts one of them again. */
export function waitUntilDown(fleet: FleetContext, units: readonly Unit[], options: WaitOptions): Promise<void> {
  return waitFor(fleet, units, options, (unit, change) => {
    const later = laterCommand(change);
    if (later === "start" || later === "restart") return superseded(unit, options.command, later);
    return isDown(unit.state.phase) ? "there" : "pending";
  });
}

/** The readiness check passed; without one, the process has lived 1 s; or it completed. */
export function isUp(fleet: FleetContext, unit: Unit): boolean {
  return millisecondsUntilUp(fleet, unit) === 0;
}

/** What a command did to the unit, or null: a restart of svc's own takes over nothing. */
export function laterCommand(change: Change | null): "start" | "stop" | "restart" | null {
  const event = change?.event;
  if (event?.type === "start" || event?.type === "stop") return event.type;
  return event?.type === "restart" && !event.automatic ? "restart" : null;
}

function failureOf(unit: Unit, { before, after }: Change): SvcError | null {
  const { phase, lastExit, gaveUp } = after;
  const crashed = phase.tag === "backoff" && before.phase.tag !== "backoff";
  const gone = phase.tag === "failed" || phase.tag === "skipped" || (phase.tag === "cleaning" && phase.after === "failed");
  const notReady = phase.tag === "stopping" && phase.after.next === "crash" ? phase.after.reason : null;
  if (!crashed && !gone && notReady === null) return null;
  return notUp(unit, notReady ?? gaveUp ?? lastExit?.reason ?? shownState(after));
}

export function notUp(unit: Unit, reason: string): SvcError {
  const lines = unit.log.recent(LINES_SHOWN).filter((record) => record.stream !== "svc");
  const shown = lines.length === 0 ? "" : `\n${lines.map((record) => `  ${record.line}`).join("\n")}`;
  return new SvcError(`${unit.name} is not up: ${reason}${shown}`, EXIT.failed);
}

export function superseded(unit: Unit, command: string, by: string): SvcError {
  return new SvcError(`${command}: a later "${by}" of ${unit.name} took over`, EXIT.failed);
}
