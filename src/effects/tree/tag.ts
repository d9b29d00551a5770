import { closeSync, fstatSync, readdirSync, readlinkSync } from "node:fs";
import { type Clock, pause } from "../clock.ts";
import type { Pipe } from "../native/native.ts";
import { isDead, type ProcStat, readStat } from "../proc/proc.ts";
import { signalExactly } from "./signal.ts";

/**
 * A descriptor that a command hands on to all that it starts. By it an orphan that has left the command's group and session,
 * and has cleared its environment, is told from what a service, or somebody at work in the container, has started.
 */
export interface Tag {
  /** The read end of a pipe that nobody writes to. */
  readonly fd: number;
  /** To be called when the command has it: from now on only the command and its descendants do. */
  handedOn(): void;
  /** To be called when the command has ended: ends the orphans that have the tag, or that of an earlier command. */
  endHolders(): Promise<void>;
}

/** Throws an error with `code` where there is no descriptor for it. */
export type OpenTag = () => Tag;

export interface TagsOptions {
  readonly openPipe: () => Pipe;
  /** The orphans that svc has got, dead or alive; null where the kernel does not tell. */
  readonly orphans: () => number[] | null;
  readonly clock: Clock;
}

/** What lives longer cannot be killed, or forks all the time; the next command's end tries again. */
const BUDGET_MS = 250;
/** What a kill sets free comes to svc with the next turn of the kernel's scheduler. */
const PAUSE_MS = 2;
/** So many ended commands are remembered: what one has left may become an orphan a moment after its end. */
const REMEMBERED = 64;

/** Ends those `among` these processes that have one of these links (as `pipe:[4711]`) open, and what they fork meanwhile. */
export async function endHolders(links: ReadonlySet<string>, among: () => number[], clock: Clock): Promise<void> {
  const strike = (): boolean => {
    const holders = among().flatMap((pid) => holder(pid, links) ?? []);
    return holders.filter((stat) => signalExactly(stat, "SIGKILL") !== "refused").length > 0;
  };
  for (const until = clock.monotonic() + BUDGET_MS; strike() && clock.monotonic() < until; ) await pause(clock, PAUSE_MS);
}

export function createTags({ openPipe, orphans, clock }: TagsOptions): OpenTag {
  const ended = new Set<string>();
  const remember = (link: string): void => {
    ended.add(link);
    const [oldest] = ended;
    if (ended.size > REMEMBERED && oldest !== undefined) ended.delete(oldest);
  };
  return () => {
    const { read, write } = openPipe();
    closeSync(write);
    const link = `pipe:[${fstatSync(read).ino}]`;
    return {
      fd: read,
      handedOn: () => closeSync(read),
      async endHolders() {
        remember(link);
        await endHolders(ended, () => orphans() ?? [], clock);
      },
    };
  };
}

function holder(pid: number, links: ReadonlySet<string>): ProcStat | null {
  const stat = readStat(pid);
  return stat !== null && !isDead(stat) && descriptors(pid).some((link) => links.has(link)) ? stat : null;
}

/** Empty for a process that is gone, or whose descriptors are hidden from svc (another user's). */
function descriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => linkOf(`/proc/${pid}/fd/${fd}`) ?? []);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
