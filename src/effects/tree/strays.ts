import { type Clock, pause } from "../clock.ts";
import { marksIn } from "../proc/marks.ts";
import { isDead, readEnviron, readStat } from "../proc/proc.ts";
import { isInBackground } from "./background.ts";
import { signalExactly } from "./signal.ts";

export interface StraysOptions {
  /** The orphans that svc has got. */
  readonly orphans: () => number[] | null;
  /** The name of this life's marker. */
  readonly marker: string;
  /** Of an instance whose stop spares what has left its group (`stop.tree: false`). */
  readonly spares: (instance: string) => boolean;
  /** Whether svc came into being with children, as by an `exec` of the shell that had started them. */
  readonly cameWithChildren: boolean;
  readonly clock: Clock;
}

/** Longest time for what cannot be killed, or forks all the time, in milliseconds. */
const BUDGET_MS = 250;
/** What keeps its environment empty for so many looks has cleared it, and is not in the midst of an exec. */
const LOOKS_AT_NONE = 5;
/** What such a kill sets free comes to svc with the next turn of the kernel's scheduler. */
const PAUSE_MS = 2;

/**
 * At svc's own end, when no tree lives any more: ends what svc has adopted and no tree knows of, as it had left its group and
 * session and had cleared its environment before anybody looked. Spared is what a service may leave behind, what belongs to
 * another supervisor, and a supervisor in the background.
 */
export async function endStrays({ orphans, clock, ...rules }: StraysOptions): Promise<void> {
  const deadline = clock.monotonic() + BUDGET_MS;
  const bare = new Map<number, number>();
  for (let active = true; active && clock.monotonic() < deadline; ) {
    active = false;
    for (const pid of orphans() ?? []) {
      const stat = readStat(pid);
      if (stat === null || isDead(stat)) continue;
      const looks = (bare.get(pid) ?? 0) + 1;
      const verdict = judge(pid, rules);
      if (verdict === "bare") bare.set(pid, looks);
      if (verdict === "stray" || (verdict === "bare" && looks >= LOOKS_AT_NONE))
        active = signalExactly(stat, "SIGKILL") === "sent" || active;
      else if (verdict === "bare") active = true;
    }
    if (active) await pause(clock, PAUSE_MS);
  }
}

/** `bare`: it shows no environment now. */
function judge(pid: number, { marker, spares, cameWithChildren }: Omit<StraysOptions, "orphans" | "clock">): "stray" | "spared" | "bare" {
  const environ = readEnviron(pid);
  const marks = environ === null ? [] : marksIn(environ);
  const own = marks.find((mark) => mark.startsWith(`${marker}=`));
  if (own !== undefined) return spares(own.slice(marker.length + 1)) ? "spared" : "stray";
  // Whose it is cannot be told from a child that svc came with, and that has forked since.
  if (marks.length > 0 || cameWithChildren || isInBackground(pid)) return "spared";
  return environ?.length === 0 ? "bare" : "stray";
}
