import { EXIT, SvcError } from "../../core/errors.ts";
import { isUp } from "../../core/machine/steps.ts";
import type { Unit } from "../unit/unit.ts";
import type { Change, FleetContext } from "./fleet.ts";

/** Without a readiness check a process is up once it has lived this long. */
export const UP_AFTER_MS = 1_000;

export interface WaitOptions {
  /** The command that waits, as in `start web`: named when a later one takes over. */
  readonly command: string;
  readonly signal?: AbortSignal;
  /** Told whenever one more is there: the names that are still waited for. */
  readonly onProgress?: (waiting: readonly string[]) => void;
}

export type Verdict = "there" | "pending" | SvcError;

/** Looks at a unit after an event of it; `change` is null at the beginning, and when time alone may have made a difference. */
export type Look = (unit: Unit, change: Change | null) => Verdict;

/** Resolves when every unit is there; rejects at the first verdict that is an error, and when `signal` is aborted. */
export async function waitFor(fleet: FleetContext, units: readonly Unit[], options: WaitOptions, look: Look): Promise<void> {
  const { promise, resolve, reject } = deferred();
  const waiting = new Set(units);
  const timers = new Set<() => void>();

  const report = (): void => {
    if (waiting.size === 0) resolve();
    else options.onProgress?.([...waiting].map((one) => one.name));
  };
  const consider = (unit: Unit, change: Change | null): void => {
    if (!waiting.has(unit)) return;
    const verdict = look(unit, change);
    if (verdict instanceof SvcError) reject(verdict);
    else if (verdict === "pending") lookAgainInTime(unit);
    else if (waiting.delete(unit)) report();
  };
  // Nothing happens to a process while it only lives: the second that makes it "up" needs a timer.
  const lookAgainInTime = (unit: Unit): void => {
    const ms = millisecondsUntilUp(fleet, unit);
    if (ms !== null && ms > 0) timers.add(fleet.world.clock.arm(ms, () => consider(unit, null)));
  };
  const observe = (change: Change): void => consider(change.unit, change);
  const abandon = (): void => reject(new SvcError("no longer waited for", EXIT.failed));

  fleet.observers.add(observe);
  options.signal?.addEventListener("abort", abandon);
  try {
    report();
    for (const unit of units) consider(unit, null);
    await promise;
  } finally {
    fleet.observers.delete(observe);
    options.signal?.removeEventListener("abort", abandon);
    for (const disarm of timers) disarm();
  }
}

/** 0: it is up. null: only an event can tell. */
export function millisecondsUntilUp(fleet: FleetContext, unit: Unit): number | null {
  const { phase, startedAt } = unit.state;
  if (phase.tag === "completed" || phase.tag === "scheduled") return 0;
  if (!isUp(phase)) return null;
  if (unit.spec.ready !== null) return 0;
  return Math.max(0, (startedAt ?? 0) + UP_AFTER_MS - fleet.world.clock.now());
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void; readonly reject: (error: Error) => void } {
  let resolve = (): void => {};
  let reject = (_error: Error): void => {};
  const promise = new Promise<void>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  return { promise, resolve, reject };
}
