import { listPids, type ProcStat, readStat } from "../proc/proc.ts";

/** The descendants of this process in its own process group, which may hold others too: its parent, its neighbours in a pipeline. */
export function descendantsInGroup(): number[] {
  const stats = listPids().flatMap((pid) => readStat(pid) ?? []);
  const own = stats.find(({ pid }) => pid === process.pid);
  return [...descendants(stats)].filter(({ pgrp }) => pgrp === own?.pgrp).map(({ pid }) => pid);
}

function descendants(stats: readonly ProcStat[]): Set<ProcStat> {
  const found = new Set<ProcStat>();
  const addChildren = (parent: number): void => {
    for (const stat of stats) if (stat.ppid === parent) found.add(stat);
  };
  addChildren(process.pid);
  // A Set iterates over what is added meanwhile.
  for (const { pid } of found) addChildren(pid);
  return found;
}
