import { childrenOf, isDead, type ProcStat, readStat } from "../proc/proc.ts";
import { pageSize } from "../proc/units.ts";
import type { Tree } from "./members.ts";

/**
 * What is known of a tree, and the descendants of that: two small reads for each, where a pass would read all processes of
 * the machine. What has lost its parent since the last pass is not seen. Empty where there is no /proc.
 */
export function glance(tree: Tree): ProcStat[] {
  const known = new Map([[tree.main.pid, tree.main.start], ...tree.remembered]);
  const pids = new Set(known.keys());
  const found: ProcStat[] = [];
  // A Set iterates over what is added meanwhile, so this walks down to the last descendant.
  for (const pid of pids) {
    const stat = readStat(pid);
    if (stat === null || isDead(stat) || stat.start !== (known.get(pid) ?? stat.start)) continue;
    found.push(stat);
    for (const child of childrenOf(pid)) pids.add(child);
  }
  return found;
}

/** The resident bytes of what a glance sees. */
export function residentBytes(tree: Tree): number {
  return glance(tree).reduce((pages, { rss }) => pages + rss, 0) * pageSize();
}
