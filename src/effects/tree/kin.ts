import { statSync } from "node:fs";
import { marksIn } from "../proc/marks.ts";
import { isDead, type ProcStat, readEnviron, readStat } from "../proc/proc.ts";
import type { Tree } from "./members.ts";

export interface Sender {
  readonly pid: number;
  readonly uid: number;
}

/**
 * Whether a message comes from the tree, without a pass over all processes. One whose sender has ended since can be told by
 * its user only.
 */
export function isFromTree(tree: Tree, { pid, uid }: Sender): boolean {
  const stat = pid > 0 ? readStat(pid) : null;
  if (pid > 0 && (stat === null || isDead(stat))) return [0, process.geteuid?.(), ownerOf(tree.main.pid)].includes(uid);
  return stat !== null && (isDescendant(stat, tree.main.pid) || isMarked(tree, pid));
}

function isDescendant(stat: ProcStat, main: number): boolean {
  if ([stat.pid, stat.pgrp, stat.session].includes(main)) return true;
  for (let one: ProcStat | null = stat; one !== null && one.ppid > 1; one = readStat(one.ppid)) {
    if (one.ppid === main) return true;
  }
  return false;
}

function isMarked({ marker }: Tree, pid: number): boolean {
  const environ = readEnviron(pid);
  return environ !== null && marksIn(environ).includes(marker);
}

function ownerOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}
