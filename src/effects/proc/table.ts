import { setImmediate as turn } from "node:timers/promises";
import type { MarkReader } from "./marks.ts";
import { isDead, listPids, type ProcStat, readStat } from "./proc.ts";

/** The living processes of the machine as one pass over /proc found them, by what binds a process to a tree. */
export interface ProcTable {
  /** All about which a second look would say nothing new: zombies too, but nobody whose environment was empty. */
  readonly settled: ReadonlySet<number>;
  readonly byPid: ReadonlyMap<number, ProcStat>;
  readonly byParent: ReadonlyMap<number, readonly ProcStat[]>;
  readonly byGroup: ReadonlyMap<number, readonly ProcStat[]>;
  readonly bySession: ReadonlyMap<number, readonly ProcStat[]>;
  readonly byMark: ReadonlyMap<string, readonly ProcStat[]>;
}

export const EMPTY_TABLE: ProcTable = {
  settled: new Set(),
  byPid: new Map(),
  byParent: new Map(),
  byGroup: new Map(),
  bySession: new Map(),
  byMark: new Map(),
};

/** Some 5 ms of reading: after as many the event loop gets its turn. */
const PIDS_A_TURN = 200;

/** One pass. Zombies are left out: they hold nothing, and their children have been given to another parent. */
export async function readTable(marks: MarkReader): Promise<ProcTable> {
  const byPid = new Map<number, ProcStat>();
  const byMark = new Map<string, ProcStat[]>();
  const settled = new Set<number>();
  let count = 0;
  for (const pid of listPids()) {
    count += 1;
    if (count % PIDS_A_TURN === 0) {
      await turn();
    }
    const stat = readStat(pid);
    const living = stat !== null && !isDead(stat);
    const found = living ? marks.of(stat) : [];
    if (living) {
      byPid.set(pid, stat);
      found?.forEach((mark) => {
        add(byMark, mark, stat);
      });
    }
    if (found !== null) {
      settled.add(pid);
    }
  }
  marks.keep(byPid);
  return { settled, byPid, byMark, ...relations(byPid) };
}

function relations(byPid: ReadonlyMap<number, ProcStat>): Pick<ProcTable, "byParent" | "byGroup" | "bySession"> {
  const byParent = new Map<number, ProcStat[]>();
  const byGroup = new Map<number, ProcStat[]>();
  const bySession = new Map<number, ProcStat[]>();
  for (const stat of byPid.values()) {
    add(byParent, stat.ppid, stat);
    add(byGroup, stat.pgrp, stat);
    add(bySession, stat.session, stat);
  }
  return { byParent, byGroup, bySession };
}

function add<Key>(map: Map<Key, ProcStat[]>, key: Key, stat: ProcStat): void {
  const list = map.get(key);
  if (list === undefined) {
    map.set(key, [stat]);
  } else {
    list.push(stat);
  }
}
