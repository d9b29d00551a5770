import { childrenOf, isDead, pageSize, readStat } from "./proc.ts";
import type { Tree } from "./tree-members.ts";

/**
 * The resident bytes of what is known of a tree and of the descendants of that: two small reads for each, where a pass would
 * read all processes of the machine. What has lost its parent since the last pass is not seen. 0 where there is no /proc.
 */
export function residentBytes(tree: Tree): number {
  const known = new Map([[tree.main.pid, tree.main.start], ...tree.remembered]);
  const pids = new Set(known.keys());
  let pages = 0;
  // A Set iterates over what is added meanwhile, so this walks down to the last descendant.
  for (const pid of pids) {
    const stat = readStat(pid);
    if (stat === null || isDead(stat) || stat.start !== (known.get(pid) ?? stat.start)) continue;
    pages += stat.rss;
    for (const child of childrenOf(pid)) pids.add(child);
  }
  return pages * pageSize();
}
