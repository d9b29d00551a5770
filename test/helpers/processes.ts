import { closeSync, openSync, readdirSync, readSync } from "node:fs";

/**
 * What /proc says, read without the code under test. Where the machine's PID 1 does not reap, ended processes stay as
 * zombies for ever: those count as gone.
 */

export interface Seen {
  readonly pid: number;
  /** Of its program, at most 15 letters. */
  readonly name: string;
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  /** The group that is in the foreground of its terminal; -1 without a terminal. */
  readonly foreground: number;
  readonly isKernelThread: boolean;
  /** When it was made: hundredths of a second since the machine was booted. */
  readonly started: number;
}

/** PF_KTHREAD of the kernel's sched.h. */
const KERNEL_THREAD = 0x200000;

export function seen(pid: number): Seen | null {
  const text = textOf(`/proc/${pid}/stat`);
  if (text === null) return null;
  const [state = "?", ...numbers] = text.slice(text.lastIndexOf(")") + 2).split(" ", 20);
  const [ppid = 0, pgrp = 0, session = 0, , foreground = 0, flags = 0] = numbers.slice(0, 6).map(Number);
  const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
  const isKernelThread = (flags & KERNEL_THREAD) !== 0;
  return { pid, name, state, ppid, pgrp, session, foreground, isKernelThread, started: Number(numbers[18]) };
}

/** What `started` would be now. */
export function sinceBoot(): number {
  return 100 * Number(textOf("/proc/uptime")?.split(" ")[0]);
}

/** `R`, `S`, `T` (stopped), `Z` (zombie)…; null where there is no such process. */
export function stateOf(pid: number): string | null {
  return seen(pid)?.state ?? null;
}

export function isGone(pid: number): boolean {
  return ["Z", "X", null].includes(stateOf(pid));
}

/** All living processes but the kernel's own. */
export function living(): Seen[] {
  const pids = readdirSync("/proc").map(Number).filter(Boolean);
  return pids.flatMap((pid) => seen(pid) ?? []).filter(({ state, isKernelThread }) => state !== "Z" && state !== "X" && !isKernelThread);
}

/** The living processes whose environment holds `NAME=value`, in the order of their pids. */
export function processesWith(marker: string): number[] {
  return living().flatMap(({ pid }) => (environment(pid).includes(marker) ? [pid] : []));
}

/** The living processes in a process group. */
export function processesInGroup(pgrp: number): number[] {
  return living().flatMap((one) => (one.pgrp === pgrp ? [one.pid] : []));
}

const NAP = new Int32Array(new SharedArrayBuffer(4));
const NAPS = 2_000;
const PIECE = Buffer.alloc(16_384);

/** The words of its command line, each followed by a blank; empty where there is none. */
export function commandLine(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`)?.replaceAll("\0", " ") ?? "";
}

/**
 * `NAME=value` texts; empty where the environment cannot be read. In the midst of an exec a process shows none: it is waited
 * for, as without that a look would miss a process that is there.
 */
export function environment(pid: number): string[] {
  for (let naps = 0; ; naps += 1) {
    const text = textOf(`/proc/${pid}/environ`);
    if (text !== "" || naps === NAPS || !isAmidExec(pid)) return (text ?? "").split("\0").filter(Boolean);
    Atomics.wait(NAP, 0, 0, 1);
  }
}

function isAmidExec(pid: number): boolean {
  const found = seen(pid);
  return found !== null && !found.isKernelThread && !["Z", "X"].includes(found.state) && textOf(`/proc/${pid}/cmdline`) === "";
}

/** Tests look at all processes again and again: this takes a third of what readFileSync does, which asks for the size and allocates. */
function textOf(file: string): string | null {
  let fd = -1;
  try {
    fd = openSync(file, "r");
    let text = "";
    for (let length = PIECE.length; length > 0; ) {
      length = readSync(fd, PIECE, 0, PIECE.length, null);
      text += PIECE.toString("latin1", 0, length);
    }
    return text;
  } catch {
    return null;
  } finally {
    if (fd >= 0) closeSync(fd);
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
