import { closeSync, openSync } from "node:fs";
import { exitCodeOfSignal, type StopSignal } from "../../core/fleet.ts";
import { listenToSignals, type SupervisorSignals } from "../signals.ts";

/**
 * Signals count from the first moment: one that comes while the config is evaluated ends the evaluation. Once the supervisor
 * runs it takes them over.
 */
export interface EarlySignals {
  readonly aborted: AbortSignal;
  /** What svc exits with where a signal came before the supervisor ran; else null. */
  exitCode(): number | null;
  takeOver(handlers: SupervisorSignals): void;
}

export function createEarlySignals(): EarlySignals {
  const abort = new AbortController();
  let first: StopSignal | null = null;
  let handlers: SupervisorSignals = {
    onStop: (signal) => {
      first ??= signal;
      abort.abort();
    },
    onReload: () => {},
    onReopen: () => {},
    onResume: () => {},
  };
  const forward: SupervisorSignals = {
    onStop: (signal) => handlers.onStop(signal),
    onReload: () => handlers.onReload(),
    onReopen: () => handlers.onReopen(),
    onResume: () => handlers.onResume(),
  };
  listenToSignals(forward, hasTerminal());
  return {
    aborted: abort.signal,
    exitCode: () => (first === null ? null : exitCodeOfSignal(first)),
    takeOver: (next) => {
      handlers = next;
      if (first !== null) next.onStop(first);
    },
  };
}

/** Only a process with a controlling terminal can open /dev/tty (tty(4)). Asked at the start: after the hangup it is gone. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
