import type { Clock } from "../clock.ts";
import type { MarkOf } from "../proc/marks.ts";
import { hasOwnProc } from "../proc/proc.ts";
import { withCgroups } from "./cgroup-tree.ts";
import { createGroupTrees } from "./groups.ts";
import type { Member, Tree } from "./members.ts";
import { createProcTrees } from "./proc-tree.ts";

export { type Member, type Tree, treeOf } from "./members.ts";

export interface Usage {
  /** Milliseconds of processor time, user and system, with that of children that were waited for. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly pids: readonly number[];
}

/** The process trees of services. */
export interface Trees {
  /** The members alive now, the main process among them. One pass over /proc, shared by all that ask in the same moment. */
  members(tree: Tree): Promise<Member[]>;
  /** A look whose result is only remembered. Before a stop: what leaves group, session and parent while stopping is found. */
  snapshot(tree: Tree): Promise<void>;
  /**
   * Sends the signal, and SIGCONT after it where a stopped process would not take note of it else. False if nobody got it
   * (ended already, or another user's). Throws on a name that is no signal.
   */
  signal(tree: Tree, signal: string, target: "group" | "main"): boolean;
  /** Waits until nobody is left in the group, at most `timeoutMs`; resolves with those that are left then. Signals nobody. */
  groupEnded(tree: Tree, timeoutMs: number): Promise<Member[]>;
  /**
   * Ends every member, in `budgetMs` (default 5 s). Resolves with what could not be ended, normally nothing: processes that
   * svc may not signal, or that the kernel cannot end now.
   */
  kill(tree: Tree, options?: { readonly budgetMs?: number }): Promise<Member[]>;
  /** Ends the group only (`stop.tree: false`), in at most 5 s. Resolves with what is left of the group. */
  killGroup(tree: Tree): Promise<Member[]>;
  /** After the main process has ended: nothing but a look at svc's orphans, or one shared pass, in the usual case; `kill` if anything is left. */
  clean(tree: Tree): Promise<Member[]>;
  /** One pass for all; without an entry where there is no /proc. */
  usage(trees: readonly Tree[]): Promise<Map<Tree, Usage>>;
}

export interface TreesOptions {
  readonly clock: Clock;
  /** Where svc is a subreaper: the orphans that it has got; null (the default) where they are not known. */
  readonly orphans?: (() => number[] | null) | null;
  readonly markOf?: MarkOf;
}

/** Where there is no /proc (macOS), or none of svc's own processes, a tree is no more than its process group. */
export function createTrees({ clock, orphans = null, markOf }: TreesOptions): Trees {
  return hasOwnProc() ? withCgroups(createProcTrees(clock, orphans, markOf)) : createGroupTrees(clock);
}
