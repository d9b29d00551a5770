import { existsSync } from "node:fs";
import type { Exit } from "../child.ts";
import type { Clock } from "../clock.ts";
import type { Waits } from "../native/wait.ts";
import { childrenOf, hasOwnProc, listPids, readStat } from "../proc/proc.ts";
import { trackNodeChildren } from "./node-children.ts";

/** Waits for all children that Node does not wait for: those that the native part has started, and orphans. */
export interface Reaper {
  /** To be called in the same turn of the event loop as the start of the process. Resolves when it has ended. */
  exitOf(pid: number): Promise<Exit>;
  /** The orphans that have become children of svc, dead or alive; null where the kernel does not tell (CONFIG_PROC_CHILDREN). */
  orphans(): number[] | null;
}

export interface ReaperOptions {
  readonly native: Waits;
  readonly clock: Pick<Clock, "arm">;
  /** Registers what is to be called at each SIGCHLD. */
  readonly onChildSignal: (listener: () => void) => void;
  /** Whom Node waits for. Default: all that `node:child_process` starts from now on. */
  readonly isNodes?: (pid: number) => boolean;
}

/** After so many the event loop gets its turn: some 5 ms. */
const MOST_REAPS = 500;
/** A signal is never missed as far as is known; should one be, a service's death is not. */
const LOOK_MS = 5000;

/** It takes children that neither it nor `isNodes` knows for orphans. */
export function createReaper({ native, clock, onChildSignal, isNodes = trackNodeChildren() }: ReaperOptions): Reaper {
  const started = new Map<number, (exit: Exit) => void>();
  const take = (pid: number): boolean => {
    const exit = native.reap(pid);
    if (exit !== null) {
      started.get(pid)?.(exit);
      started.delete(pid);
    }
    return exit !== null;
  };
  let scheduled = false;
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const next = sweep({ native, isNodes, take });
      if (next === "more" || (next === "Node's" && takeBehind({ isNodes, take }))) schedule();
    });
  };
  // At once, as another turn of the event loop costs more than the sweep. Node's own handler of the signal runs in this turn,
  // before or after: where one of its children is in the way, the look behind that one waits until it has had its chance.
  const look = (): void => {
    if (!scheduled && sweep({ native, isNodes, take }) !== "nothing") schedule();
  };
  onChildSignal(look);
  const lookout = createLookout(clock, schedule, () => started.size > 0);

  return {
    async exitOf(pid) {
      const exited = new Promise<Exit>((resolve) => started.set(pid, resolve));
      lookout.update();
      const exit = await exited;
      lookout.update();
      return exit;
    },
    orphans: () => (tellsChildren() ? childrenOf(process.pid).filter((pid) => !started.has(pid) && !isNodes(pid)) : null),
  };
}

interface Sweep {
  readonly native: Waits;
  readonly isNodes: (pid: number) => boolean;
  readonly take: (pid: number) => boolean;
}

/**
 * Never waits for "any child", which would take Node's from it, but looks who has ended and takes that one. Returns what
 * may be waiting still.
 */
function sweep({ native, isNodes, take }: Sweep): "nothing" | "more" | "Node's" {
  for (let count = 0; count < MOST_REAPS; count += 1) {
    const pid = native.waitable();
    if (pid === 0) return "nothing";
    // The kernel shows the same one until Node has taken it.
    if (isNodes(pid)) return "Node's";
    if (!take(pid)) return "nothing";
  }
  return "more";
}

/** Those behind one of Node's are to be found in the list of children. Returns whether more may be waiting. */
function takeBehind({ isNodes, take }: Pick<Sweep, "isNodes" | "take">): boolean {
  let count = 0;
  for (const pid of ownChildren()) {
    if (isNodes(pid) || !take(pid)) continue;
    count += 1;
    if (count === MOST_REAPS) return true;
  }
  return false;
}

function ownChildren(): number[] {
  if (tellsChildren()) return childrenOf(process.pid);
  return listPids().filter((pid) => readStat(pid)?.ppid === process.pid);
}

let tells: boolean | null = null;
function tellsChildren(): boolean {
  tells ??= hasOwnProc() && existsSync(`/proc/${process.pid}/task/${process.pid}/children`);
  return tells;
}

/** Looks now and then without a signal; and keeps svc alive while a process that it has started lives, as Node does for its own. */
function createLookout(clock: Pick<Clock, "arm">, look: () => void, needed: () => boolean): { update(): void } {
  let disarm = (): void => {};
  let ref = false;
  const arm = (): void => {
    disarm();
    ref = needed();
    disarm = clock.arm(LOOK_MS, tick, { ref });
  };
  const tick = (): void => {
    look();
    arm();
  };
  arm();
  return {
    update() {
      if (ref !== needed()) arm();
    },
  };
}
