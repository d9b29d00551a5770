import { EXIT, SvcError } from "../core/errors.ts";
import { isDown, shownState } from "../core/machine/shown.ts";
import type { Change, FleetContext } from "./fleet.ts";
import type { Unit } from "./unit.ts";

/** Waiting for what a command asked for. A wait ends at the first failure; the supervisor and its policy go on. */

/** Without a readiness check a process is up once it has lived this long. */
export const UP_AFTER_MS = 1_000;

/** How many of its last lines are shown of a service that did not get up. */
const LINES_SHOWN = 20;

export interface WaitOptions {
  /** The command that waits, as in `start web`: named when a later one takes over. */
  readonly command: string;
  readonly signal?: AbortSignal;
  /** Told whenever one more is there: the names that are still waited for. */
  readonly onProgress?: (waiting: readonly string[]) => void;
}

type Verdict = "there" | "pending" | SvcError;

/** Resolves when all are up; rejects with a `SvcError` (exit code 1) at the first crash, failed readiness, `failed` or `skipped`. */
export function waitUntilUp(fleet: FleetContext, units: readonly Unit[], options: WaitOptions): Promise<void> {
  return waitFor(fleet, units, options, (unit, change) => {
    const { event } = change ?? {};
    if (event?.type === "stop" || event?.type === "restart") return superseded(unit, options.command, event.type);
    const failure = change === null ? null : failureOf(unit, change);
    if (failure !== null) return failure;
    return isUp(fleet, unit) ? "there" : "pending";
  });
}

/** Resolves when all are down; rejects when a later command starts one of them again. */
export function waitUntilDown(fleet: FleetContext, units: readonly Unit[], options: WaitOptions): Promise<void> {
  return waitFor(fleet, units, options, (unit, change) => {
    const type = change?.event.type;
    if (type === "start" || type === "restart") return superseded(unit, options.command, type);
    return isDown(unit.state.phase) ? "there" : "pending";
  });
}

/** The readiness check passed; without one, the process has lived 1 s; or it completed. */
export function isUp(fleet: FleetContext, unit: Unit): boolean {
  return millisecondsUntilUp(fleet, unit) === 0;
}

/** Resolves when the condition holds for a unit, looked at after each of its events. */
export function waitUntil(fleet: FleetContext, unit: Unit, options: WaitOptions, look: () => Verdict): Promise<void> {
  return waitFor(fleet, [unit], options, look);
}

function waitFor(
  fleet: FleetContext,
  units: readonly Unit[],
  options: WaitOptions,
  look: (unit: Unit, change: Change | null) => Verdict,
): Promise<void> {
  const waiting = new Set(units);
  return new Promise((resolve, reject) => {
    const timers = new Set<() => void>();
    const end = (settle: () => void): void => {
      fleet.observers.delete(observe);
      options.signal?.removeEventListener("abort", abort);
      for (const disarm of timers) disarm();
      settle();
    };
    const abort = (): void => end(() => reject(new SvcError("no longer waited for", EXIT.failed)));
    const consider = (unit: Unit, change: Change | null): void => {
      if (!waiting.has(unit)) return;
      const verdict = look(unit, change);
      if (verdict instanceof SvcError) return end(() => reject(verdict));
      if (verdict === "pending") return lookAgain(unit);
      waiting.delete(unit);
      if (waiting.size === 0) return end(resolve);
      options.onProgress?.([...waiting].map((one) => one.name));
    };
    // Nothing happens to a process while it only lives: the second that makes it "up" needs a timer.
    const lookAgain = (unit: Unit): void => {
      const ms = millisecondsUntilUp(fleet, unit);
      if (ms === null || ms === 0) return;
      const disarm = fleet.world.clock.arm(ms, () => {
        timers.delete(disarm);
        consider(unit, null);
      });
      timers.add(disarm);
    };
    const observe = (change: Change): void => consider(change.unit, change);
    fleet.observers.add(observe);
    options.signal?.addEventListener("abort", abort);
    if (waiting.size === 0) return end(resolve);
    options.onProgress?.([...waiting].map((one) => one.name));
    for (const unit of units) consider(unit, null);
  });
}

/** 0: it is up. null: only an event can tell. */
function millisecondsUntilUp(fleet: FleetContext, unit: Unit): number | null {
  const { phase, startedAt } = unit.state;
  if (phase.tag === "completed") return 0;
  if (phase.tag !== "running") return null;
  if (unit.spec.ready !== null) return 0;
  return Math.max(0, (startedAt ?? 0) + UP_AFTER_MS - fleet.world.clock.now());
}

function failureOf(unit: Unit, { before }: Change): SvcError | null {
  const { phase, lastExit, gaveUp } = unit.state;
  const crashed = phase.tag === "backoff" && before.phase.tag !== "backoff";
  const gone = phase.tag === "failed" || phase.tag === "skipped" || (phase.tag === "cleaning" && phase.after === "failed");
  const notReady = phase.tag === "stopping" && phase.after.next === "crash" ? phase.after.reason : null;
  if (!crashed && !gone && notReady === null) return null;
  return notUp(unit, notReady ?? gaveUp ?? lastExit?.reason ?? shownState(unit.state));
}

export function notUp(unit: Unit, reason: string): SvcError {
  const lines = unit.log.recent(LINES_SHOWN).filter((record) => record.stream !== "svc");
  const shown = lines.length === 0 ? "" : `\n${lines.map((record) => `  ${record.line}`).join("\n")}`;
  return new SvcError(`${unit.name} is not up: ${reason}${shown}`, EXIT.failed);
}

function superseded(unit: Unit, command: string, by: string): SvcError {
  return new SvcError(`${command}: a later "${by}" of ${unit.name} took over`, EXIT.failed);
}
