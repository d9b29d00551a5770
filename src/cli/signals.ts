import type { StopSignal } from "../core/fleet.ts";
import { SIGNAL_NAMES } from "../core/signals.ts";

/** The one place where signals are listened to (but for bin/svc.js, which keeps those for these listeners that come before this is loaded). */

/** Calls `leave` at Ctrl-C, in place of the death that is the default. Returns what restores the default. */
export function onInterrupt(leave: () => void): () => void {
  process.on("SIGINT", leave);
  return () => process.off("SIGINT", leave);
}

/** The same for what ends a program that holds the whole screen: it is to leave it as it was. Returns what restores the default. */
export function onEnding(leave: (signal: string) => void): () => void {
  const signals = ["SIGTERM", "SIGHUP", "SIGQUIT"] as const;
  for (const signal of signals) process.on(signal, leave);
  return () => {
    for (const signal of signals) process.off(signal, leave);
  };
}

export interface SupervisorSignals {
  /** SIGTERM, SIGINT, SIGQUIT; SIGHUP is here where a terminal controls svc. */
  readonly onStop: (signal: StopSignal) => void;
  /** SIGHUP without a terminal. */
  readonly onReload: () => void;
  /** SIGUSR1: the log files were moved away. */
  readonly onReopen: () => void;
  /** SIGCONT: svc was suspended, and time has passed. */
  readonly onResume: () => void;
}

/** A child has ended, stopped or gone on. */
export function onChildSignal(listener: () => void): void {
  process.on("SIGCHLD", listener);
}

export function listenToSignals(handlers: SupervisorSignals, hasTerminal: boolean): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) process.on(signal, () => handlers.onStop(signal));
  process.on("SIGHUP", () => (hasTerminal ? handlers.onStop("SIGHUP") : handlers.onReload()));
  process.on("SIGUSR1", handlers.onReopen);
  process.on("SIGCONT", handlers.onResume);
}

/** No listener can have these: signal(7) for the first two; the others say that the program itself is at fault, or are Node's own. */
const UNHEARD: ReadonlySet<string> = new Set(
  ["KILL", "STOP", "CHLD", "ILL", "TRAP", "ABRT", "BUS", "FPE", "SEGV", "SYS"].map((name) => `SIG${name}`),
);

/** What can be listened to, of the signals 1–31. */
export const HEARD: readonly string[] = SIGNAL_NAMES.filter((name) => !UNHEARD.has(name));

export function listenTo(signals: readonly string[], listener: (signal: string) => void): void {
  for (const signal of signals) process.on(signal, () => listener(signal));
}
