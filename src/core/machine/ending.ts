import { formatDuration } from "../duration.ts";
import { signalNumber } from "../signals.ts";
import type { Ending, Event } from "./state.ts";

/** All wording about an ending, built from facts. */

export function endedByItself(exit: { readonly code: number | null; readonly signal: string | null }, at: number): Ending {
  if (exit.signal !== null) return { kind: "killed", code: null, signal: exit.signal, errno: null, reason: `killed by ${exit.signal}`, at };
  return { kind: "exited", code: exit.code, signal: null, errno: null, reason: `exited ${exit.code}`, at };
}

/** `timeoutMs` is how long svc waited between the stop signal and SIGKILL. */
export function killedBySvc(exit: { readonly code: number | null; readonly signal: string | null }, timeoutMs: number, at: number): Ending {
  const after = timeoutMs === 0 ? "" : ` after ${formatDuration(timeoutMs)}`;
  return { kind: "killed-by-svc", code: exit.code, signal: exit.signal, errno: null, reason: `killed by svc${after}`, at };
}

export function couldNotStart({ code, subject, about, at }: Extract<Event, { type: "spawnFailed" }>): Ending {
  const errno = about === "program" ? code : null;
  return { kind: "cannot-start", code: null, signal: null, errno, reason: `cannot start: ${code} ${subject}`, at };
}

/** One run of a process that goes on: what it would have ended with, had it been alone. */
export function failedRun(reason: string, at: number): Ending {
  return { kind: "exited", code: 1, signal: null, errno: null, reason, at };
}

export function notReadyIn(timeoutMs: number): string {
  return `not ready in ${formatDuration(timeoutMs)}`;
}

/** Errors of a start that another try may cure (fork(2), open(2)): every other one is given up on at once. */
const PASSING: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]);

export function isPassing(code: string): boolean {
  return PASSING.has(code);
}

/**
 * The exit code that an ending stands for, where a service's end decides svc's own: the code itself, 128 + signal,
 * 127 and 126 for a program that was not found or not executable (POSIX shell, 2.8.2), else 1. A failure is never 0.
 */
export function exitCodeOf(ending: Ending | null, succeeded: boolean): number {
  if (succeeded) return ending?.code ?? 0;
  if (ending === null) return 1;
  if (ending.signal !== null) return 128 + (signalNumber(ending.signal) ?? 0);
  if (ending.code !== null) return ending.code === 0 ? 1 : ending.code;
  if (ending.errno === "ENOENT") return 127;
  if (ending.errno === "EACCES" || ending.errno === "ENOEXEC") return 126;
  return 1;
}
