import { absurd } from "./absurd.ts";

/** The life of the supervisor itself: from running through one shutdown with one deadline to its exit code. */

export type Fleet =
  | { readonly tag: "up" }
  /** `signals` counts those that asked for this stop, a SIGHUP not among them: the next one kills. `stopTimeoutMs` replaces each service's own. */
  | {
      readonly tag: "stopping";
      readonly exitCode: number;
      readonly signals: number;
      readonly deadlineAt: number;
      readonly stopTimeoutMs: number | null;
    }
  | { readonly tag: "killing"; readonly exitCode: number }
  | { readonly tag: "gone"; readonly exitCode: number };

export type StopSignal = "SIGTERM" | "SIGINT" | "SIGQUIT" | "SIGHUP";

export type FleetTimer = "rest" | "deadline" | "grace";

export type FleetEvent =
  | { readonly type: "signalled"; readonly at: number; readonly signal: StopSignal }
  /** `timeoutMs`: for each service, and so for the whole too. */
  | { readonly type: "stopCommanded"; readonly at: number; readonly now: boolean; readonly timeoutMs: number | null }
  /** An essential service, or the one of `--exit-code-from`, has ended for good. `why`: what is said of it; null where all is said. */
  | { readonly type: "essentialEnded"; readonly at: number; readonly exitCode: number; readonly why: string | null }
  /** Nothing is left to run, and nothing was stopped by command. */
  | { readonly type: "settled"; readonly at: number; readonly allCompleted: boolean }
  | { readonly type: "allDown"; readonly at: number }
  | { readonly type: "elapsed"; readonly at: number; readonly timer: FleetTimer };

export type FleetEffect =
  /** Each service stops as soon as all that depend on it are down. */
  | { readonly type: "stopInOrder"; readonly why: string | null }
  /** Everything that has not had its stop signal gets it now, order or not. */
  | { readonly type: "stopRest" }
  | { readonly type: "killAll" }
  | { readonly type: "arm"; readonly timer: FleetTimer; readonly ms: number }
  | { readonly type: "disarm"; readonly timer: FleetTimer }
  /** `withinMs`: how long what was written may take to reach its reader. */
  | { readonly type: "exit"; readonly code: number; readonly withinMs: number };

export interface FleetStep {
  readonly fleet: Fleet;
  readonly effects: readonly FleetEffect[];
}

/** svc is gone this long after its deadline, whatever still lives. */
export const GRACE_AFTER_KILL_MS = 500;

/** At least this long for the last lines, also at the deadline and after a kill. */
const LAST_WORDS_MS = 200;

/** The order of a shutdown is given up a quarter of the time before its end, at most this long. */
const ORDER_RESERVE_MS = 2_000;

const SIGNAL_EXIT: Readonly<Record<StopSignal, number>> = { SIGTERM: 0, SIGHUP: 129, SIGINT: 130, SIGQUIT: 131 };

export function exitCodeOfSignal(signal: StopSignal): number {
  return SIGNAL_EXIT[signal];
}

export function reduceFleet(shutdownTimeoutMs: number, fleet: Fleet, event: FleetEvent): FleetStep {
  switch (fleet.tag) {
    case "up":
      return whileUp(shutdownTimeoutMs, event);
    case "stopping":
      return whileStopping(fleet, event);
    case "killing":
      return whileKilling(fleet, event);
    case "gone":
      return { fleet, effects: [] };
    default:
      return absurd(fleet);
  }
}

/** Milliseconds left until the deadline; null while nothing is being stopped. Each stop gets at most this. */
export function timeLeft(fleet: Fleet, now: number): number | null {
  return fleet.tag === "stopping" ? Math.max(0, fleet.deadlineAt - now) : null;
}

function whileUp(shutdownTimeoutMs: number, event: FleetEvent): FleetStep {
  switch (event.type) {
    case "signalled":
      return begin({ ms: shutdownTimeoutMs, at: event.at, exitCode: SIGNAL_EXIT[event.signal], signals: counted(event.signal) });
    case "stopCommanded":
      return event.now
        ? killAll(0, [])
        : begin({ ms: event.timeoutMs ?? shutdownTimeoutMs, at: event.at, exitCode: 0, stopTimeoutMs: event.timeoutMs });
    case "essentialEnded":
      return begin({ ms: shutdownTimeoutMs, at: event.at, exitCode: event.exitCode, why: event.why });
    case "settled":
      return gone(event.allCompleted ? 0 : 1, [], shutdownTimeoutMs);
    case "allDown":
    case "elapsed":
      return { fleet: { tag: "up" }, effects: [] };
    default:
      return absurd(event);
  }
}

/**
 * Nobody's impatience speaks from a SIGHUP: at the end of one terminal bash sends it and then the kernel once more, and
 * systemd sends it beside SIGTERM to a session (systemd.kill(5), SendSIGHUP=).
 */
function counted(signal: StopSignal): 0 | 1 {
  return signal === "SIGHUP" ? 0 : 1;
}

interface Beginning {
  readonly ms: number;
  readonly at: number;
  readonly exitCode: number;
  readonly signals?: number;
  readonly stopTimeoutMs?: number | null;
  readonly why?: string | null;
}

function begin({ ms, at, exitCode, signals = 0, stopTimeoutMs = null, why = null }: Beginning): FleetStep {
  const reserve = Math.min(ms / 4, ORDER_RESERVE_MS);
  return {
    fleet: { tag: "stopping", exitCode, signals, deadlineAt: at + ms, stopTimeoutMs },
    effects: [
      { type: "arm", timer: "rest", ms: ms - reserve },
      { type: "arm", timer: "deadline", ms },
      { type: "stopInOrder", why },
    ],
  };
}

const END_STOPPING: readonly FleetEffect[] = [
  { type: "disarm", timer: "rest" },
  { type: "disarm", timer: "deadline" },
];

function whileStopping(fleet: Extract<Fleet, { tag: "stopping" }>, event: FleetEvent): FleetStep {
  switch (event.type) {
    case "signalled":
      if (fleet.signals > 0 && counted(event.signal) > 0) return killAll(fleet.exitCode, END_STOPPING);
      return { fleet: { ...fleet, signals: fleet.signals + counted(event.signal) }, effects: [] };
    case "stopCommanded":
      return event.now ? killAll(fleet.exitCode, END_STOPPING) : { fleet, effects: [] };
    case "elapsed":
      return event.timer === "rest" ? { fleet, effects: [{ type: "stopRest" }] } : killAll(fleet.exitCode, END_STOPPING);
    case "allDown":
      return gone(fleet.exitCode, END_STOPPING, fleet.deadlineAt - event.at);
    // The first end decides: what ends during a shutdown is no cause of it.
    case "essentialEnded":
    case "settled":
      return { fleet, effects: [] };
    default:
      return absurd(event);
  }
}

function whileKilling(fleet: Extract<Fleet, { tag: "killing" }>, event: FleetEvent): FleetStep {
  switch (event.type) {
    case "allDown":
      return gone(fleet.exitCode, [{ type: "disarm", timer: "grace" }], LAST_WORDS_MS);
    case "elapsed":
      return event.timer === "grace" ? gone(fleet.exitCode, [], 0) : { fleet, effects: [] };
    case "signalled":
    case "stopCommanded":
    case "essentialEnded":
    case "settled":
      return { fleet, effects: [] };
    default:
      return absurd(event);
  }
}

function killAll(exitCode: number, first: readonly FleetEffect[]): FleetStep {
  return {
    fleet: { tag: "killing", exitCode },
    effects: [...first, { type: "arm", timer: "grace", ms: GRACE_AFTER_KILL_MS }, { type: "killAll" }],
  };
}

function gone(exitCode: number, first: readonly FleetEffect[], withinMs: number): FleetStep {
  const exit: FleetEffect = { type: "exit", code: exitCode, withinMs: Math.max(LAST_WORDS_MS, withinMs) };
  return { fleet: { tag: "gone", exitCode }, effects: [...first, exit] };
}
