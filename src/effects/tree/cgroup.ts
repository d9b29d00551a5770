import { type Clock, pause } from "../clock.ts";
import { marksIn } from "../proc/marks.ts";
import { isDead, readEnviron, readStat } from "../proc/proc.ts";
import { isInBackground } from "./background.ts";
import { isPopulated, killAll, moveTo, pidsIn, removeEmpty } from "./cgroup-files.ts";
import type { Member } from "./members.ts";

/**
 * The cgroup of one start of a service: whatever comes from that is in it, in whatever group, session and environment, and of
 * whatever user. Only root can leave it, by a write to another one.
 */
export interface Cgroup {
  readonly folder: string;
  isPopulated(): boolean;
  members(): Member[];
  /** Moves those to svc's own cgroup that belong to no service: see `svc start -d`. */
  spare(): void;
  /** Ends all in it in `budgetMs`, and removes it. Resolves with those that the kernel cannot end now. */
  end(budgetMs: number): Promise<Member[]>;
  /** Removes it and ends nobody: who is in it comes to svc's own cgroup. */
  dissolve(): void;
}

export interface CgroupOptions {
  readonly folder: string;
  /** Svc's own cgroup, or that of an earlier svc. */
  readonly around: string;
  /** The name of the life's marker. */
  readonly marker: string;
  readonly clock: Clock;
}

/** Between two looks at one whose processes are about to end, in milliseconds: doubled from the first to the last. */
const POLL_MS = { first: 1, last: 50 } as const;
/** A process that forks meanwhile has one more to move; who forks faster than it is moved stays. */
const MOST_PASSES = 100;

export function createCgroup({ folder, around, marker, clock }: CgroupOptions): Cgroup {
  const spare = (): void => move(folder, around, (pid) => isInBackground(pid) && !isMarked(pid, marker));
  const members = (): Member[] => pidsIn(folder).flatMap(living);
  return {
    folder,
    isPopulated: () => isPopulated(folder),
    members,
    spare,
    async end(budgetMs) {
      const deadline = clock.monotonic() + budgetMs;
      for (let wait: number = POLL_MS.first; isLeft(folder, spare); wait = Math.min(wait * 2, POLL_MS.last)) {
        if (clock.monotonic() >= deadline) return members();
        await pause(clock, wait);
      }
      removeEmpty(folder);
      return [];
    },
    dissolve() {
      try {
        move(folder, around, () => true);
      } catch {
        // Out of descriptors: what cannot be moved now stays in it.
      }
      removeEmpty(folder);
    },
  };
}

/** Whether somebody is left, who has been killed by then. Where that cannot be told now (out of descriptors) somebody may be. */
function isLeft(folder: string, spare: () => void): boolean {
  try {
    if (!isPopulated(folder)) return false;
    spare();
    killAll(folder);
    return true;
  } catch {
    return true;
  }
}

/** Those that `which` says, and with each its descendants; what they fork from then on is where they are. */
function move(folder: string, to: string, which: (pid: number) => boolean): void {
  const moved = new Set<number>();
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const next = pidsIn(folder).filter((pid) => !moved.has(pid) && (which(pid) || moved.has(readStat(pid)?.ppid ?? 0)));
    if (next.length === 0) return;
    for (const pid of next) {
      moveTo(to, pid);
      moved.add(pid);
    }
  }
}

/** What carries the marker belongs to the service, whatever it calls itself. */
function isMarked(pid: number, marker: string): boolean {
  const environ = readEnviron(pid);
  return environ !== null && marksIn(environ).some((mark) => mark.startsWith(`${marker}=`));
}

function living(pid: number): Member[] {
  const stat = readStat(pid);
  return stat === null || isDead(stat) ? [] : [stat];
}
