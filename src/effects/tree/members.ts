import type { ProcessId, ProcStat } from "../proc/proc.ts";
import type { ProcTable } from "../proc/table.ts";
import { isInBackground } from "./background.ts";
import type { Cgroup } from "./cgroup.ts";

/**
 * What one start of a service has brought about: the main process and everything that descends from it. `remembered` (pid to
 * start time) is filled by each look at it, so that a process that leaves its group, its session and its parent later is
 * still found.
 */
export interface Tree {
  readonly main: ProcessId;
  /** As it stands in the environment of its processes: `SVC_TREE_k3x9=web.1`. */
  readonly marker: string;
  readonly remembered: Map<number, number>;
  /** The cgroup that all of it is in. */
  readonly cgroup?: Cgroup | null;
}

/** `marker` is `NAME=value` as the child's environment holds it: `SVC_TREE_k3x9=web.1`. */
export function treeOf({ pid, start }: ProcessId, marker: string, cgroup: Cgroup | null = null): Tree {
  return { main: { pid, start }, marker, remembered: new Map(), cgroup };
}

/** The main process of a tree whose own one is gone, and its pid maybe given to a stranger: the marker alone binds. */
export const NOBODY: ProcessId = { pid: -1, start: 0 };

export type Member = Pick<ProcStat, "pid" | "start" | "ppid" | "comm">;

/**
 * The living members of a tree: its group, its session, all with its marker, what was remembered, and the descendants of
 * all these. `spared` (svc itself and what it descends from) is never a member, nor reached through; nor is a
 * supervisor in the background, which stands below the command that has started it until all its services are up.
 */
export function membersIn(table: ProcTable, tree: Tree, spared: ReadonlySet<number>): ProcStat[] {
  const found = new Map<number, ProcStat>();
  const marked = new Set(table.byMark.get(tree.marker));
  const take = (stat: ProcStat): void => {
    if (!found.has(stat.pid) && !spared.has(stat.pid) && (marked.has(stat) || !belongsToNone(stat, tree))) {
      found.set(stat.pid, stat);
    }
  };
  roots(table, tree).forEach(take);
  // A Map iterates over what is added meanwhile, so this walks down to the last descendant.
  for (const pid of found.keys()) {
    table.byParent.get(pid)?.forEach(take);
  }
  remember(tree, found);
  return [...found.values()];
}

/** It leads a session of its own, and carries no marker: so few are asked for their command line. */
function belongsToNone({ pid, session }: ProcStat, { main }: Tree): boolean {
  return session === pid && pid !== main.pid && isInBackground(pid);
}

/** Those that a signal to the group would reach. */
export function groupIn(table: ProcTable, tree: Tree): ProcStat[] {
  return isRecycled(table.byPid.get(tree.main.pid), tree) ? [] : [...(table.byGroup.get(tree.main.pid) ?? [])];
}

function roots(table: ProcTable, tree: Tree): ProcStat[] {
  const { main, marker, remembered } = tree;
  const marked = table.byMark.get(marker) ?? [];
  const known = [...remembered].map(([pid, start]) => ({ stat: table.byPid.get(pid), start }));
  const alive = known.flatMap(({ stat, start }) => (stat?.start === start ? [stat] : []));
  const leader = table.byPid.get(main.pid);
  if (isRecycled(leader, tree)) {
    return [...marked, ...alive];
  }
  const session = table.bySession.get(main.pid) ?? [];
  return [...(leader === undefined ? [] : [leader]), ...groupIn(table, tree), ...session, ...marked, ...alive];
}

/** The kernel gives out no pid that still names a group or a session, so a stranger under it means that both are empty. */
function isRecycled(leader: ProcStat | undefined, tree: Tree): boolean {
  return leader !== undefined && leader.start !== tree.main.start;
}

function remember(tree: Tree, found: ReadonlyMap<number, Member>): void {
  tree.remembered.clear();
  for (const [pid, member] of found) {
    tree.remembered.set(pid, member.start);
  }
}
