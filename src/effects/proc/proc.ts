import { closeSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";

/** One process as /proc/PID/stat shows it; proc_pid_stat(5). Times are in clock ticks, `rss` in pages. */
export interface ProcStat {
  readonly pid: number;
  /** At most 15 bytes of the program's name; may hold any byte but NUL. */
  readonly comm: string;
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  readonly flags: number;
  readonly threads: number;
  /** Own time and that of children it has waited for, user and system. */
  readonly ticks: number;
  readonly rss: number;
  /** Since boot; with the pid it names one process for good. */
  readonly start: number;
}

export interface ProcessId {
  readonly pid: number;
  readonly start: number;
}

/** PF_KTHREAD of linux/sched.h. */
const KERNEL_THREAD = 0x00200000;

/** A stat line has some 300 bytes. */
const STAT_BYTES = 4096;
const ENVIRON_BYTES = 64 * 1024;
// Shared by all reads: they are synchronous, and a scan makes thousands of them.
const buffer = Buffer.allocUnsafe(ENVIRON_BYTES);
const NO_BYTES = Buffer.alloc(0);

/** What says that a process is gone, or not ours to look at; anything else (EMFILE…) must not pass for "no such process". */
const NOT_THERE = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM", "ENOTDIR"]);

/**
 * Whether /proc shows the processes that this one can signal. It does not where it is not mounted, or was mounted in another pid
 * namespace (`unshare --pid` without `--mount-proc`): there its numbers are those of strangers, and it counts as missing.
 */
export function hasOwnProc(): boolean {
  own ??= linkOf("/proc/self") === String(process.pid);
  return own;
}

/** null where the process is gone (or there is no /proc). Throws where /proc cannot be read now, for example EMFILE. */
export function readStat(pid: number): ProcStat | null {
  const text = readOf(pid, "stat", STAT_BYTES)?.toString("latin1");
  return text ? parseStat(text) : null;
}

/** The name is in parentheses and may hold spaces and parentheses itself, so everything is counted from the last one. */
export function parseStat(text: string): ProcStat {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  // proc_pid_stat(5) numbers the fields from 1; the state is field 3.
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number(text.slice(0, open)),
    comm: text.slice(open + 1, close),
    state: fields[0] ?? "?",
    ppid: field(4),
    pgrp: field(5),
    session: field(6),
    flags: field(9),
    threads: field(20),
    ticks: field(14) + field(15) + field(16) + field(17),
    start: field(22),
    rss: field(24),
  };
}

/** Empty where there is no /proc. */
export function listPids(): number[] {
  if (!hasOwnProc()) return [];
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch (error) {
    return absent(error, []);
  }
  return names.map(Number).filter((pid) => pid > 0);
}

/** Ended, though its parent has not asked for its status yet. A leader that ended before its threads still runs. */
export function isDead(stat: Pick<ProcStat, "state" | "threads">): boolean {
  return (stat.state === "Z" && stat.threads <= 1) || stat.state === "X";
}

export function isKernelThread(stat: Pick<ProcStat, "flags">): boolean {
  return (stat.flags & KERNEL_THREAD) !== 0;
}

/** Zombies are not alive, and a pid that was given to another process is not that process. */
export function isAlive(id: ProcessId): boolean {
  const stat = readStat(id.pid);
  return stat !== null && stat.start === id.start && !isDead(stat);
}

/** The children of a process's main thread, zombies included; empty where the kernel has no CONFIG_PROC_CHILDREN. */
export function childrenOf(pid: number): number[] {
  const text = readOf(pid, `task/${pid}/children`, Number.POSITIVE_INFINITY)?.toString("latin1") ?? "";
  return text.split(" ").map(Number).filter(Boolean);
}

/**
 * null where it may not be read (of another user); empty while the process is between two programs, in its exit (where some
 * kernels say ESRCH, though the process still has children that nobody has inherited yet), and for one that is gone.
 */
export function readEnviron(pid: number): Buffer | null {
  return readOf(pid, "environ", Number.POSITIVE_INFINITY, NO_BYTES);
}

/** The command line; empty for a process that is gone, or that svc may not look at. */
export function readArguments(pid: number): readonly string[] {
  return (readOf(pid, "cmdline", STAT_BYTES) ?? NO_BYTES).toString("latin1").split("\0").slice(0, -1);
}

/** Tells one boot from another; null where there is no /proc. */
export function bootId(): string | null {
  return readProc("/proc/sys/kernel/random/boot_id", STAT_BYTES)?.toString("latin1").trim() ?? null;
}

/** `pid:[4026531836]`: pids mean something only within one; null where there is no /proc. */
export function pidNamespace(): string | null {
  return linkOf("/proc/self/ns/pid");
}

let own: boolean | null = null;

function readOf(pid: number, name: string, limit: number, gone: Buffer | null = null): Buffer | null {
  return hasOwnProc() ? readProc(`/proc/${pid}/${name}`, limit, gone) : gone;
}

/**
 * Without fstat and without a second read for what fits, which halves the cost of readFileSync. The result is valid until
 * the next call: it may be a view of the shared buffer.
 */
function readProc(path: string, limit: number, gone: Buffer | null = null): Buffer | null {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    return absent(error, isRefusal(error) ? null : gone);
  }
  try {
    return readOpen(fd, limit);
  } catch (error) {
    return absent(error, isRefusal(error) ? null : gone);
  } finally {
    closeSync(fd);
  }
}

function readOpen(fd: number, limit: number): Buffer {
  const first = readSync(fd, buffer, 0, Math.min(limit, buffer.length), null);
  if (first < buffer.length) {
    return buffer.subarray(0, first);
  }
  const parts = [Buffer.from(buffer.subarray(0, first))];
  for (let count = first; count > 0; ) {
    count = readSync(fd, buffer, 0, buffer.length, null);
    parts.push(Buffer.from(buffer.subarray(0, count)));
  }
  return Buffer.concat(parts);
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    return absent(error, null);
  }
}

function isRefusal(error: unknown): boolean {
  return ["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function absent<T>(error: unknown, value: T): T {
  if (NOT_THERE.has((error as NodeJS.ErrnoException).code ?? "")) {
    return value;
  }
  throw error;
}
