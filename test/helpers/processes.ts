import { readdirSync, readFileSync } from "node:fs";

/**
 * What /proc says, read without the code under test. Where the machine's PID 1 does not reap, ended processes stay as
 * zombies for ever: those count as gone.
 */

export interface Seen {
  readonly pid: number;
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
}

export function seen(pid: number): Seen | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, ppid, pgrp, session] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { pid, state: state ?? "?", ppid: Number(ppid), pgrp: Number(pgrp), session: Number(session) };
  } catch {
    return null;
  }
}

/** `R`, `S`, `T` (stopped), `Z` (zombie)…; null where there is no such process. */
export function stateOf(pid: number): string | null {
  return seen(pid)?.state ?? null;
}

export function isGone(pid: number): boolean {
  return ["Z", "X", null].includes(stateOf(pid));
}

/** All living processes. */
export function living(): Seen[] {
  const pids = readdirSync("/proc").map(Number).filter(Boolean);
  return pids.flatMap((pid) => seen(pid) ?? []).filter(({ state }) => state !== "Z" && state !== "X");
}

/** The living processes whose environment holds `NAME=value`, in the order of their pids. */
export function processesWith(marker: string): number[] {
  return living().flatMap(({ pid }) => (environment(pid).includes(marker) ? [pid] : []));
}

/** The living processes in a process group. */
export function processesInGroup(pgrp: number): number[] {
  return living().flatMap((one) => (one.pgrp === pgrp ? [one.pid] : []));
}

/** `NAME=value` texts; empty where the environment cannot be read. */
export function environment(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").filter(Boolean);
  } catch {
    return [];
  }
}

/** Sends a signal, if the process still exists. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}
