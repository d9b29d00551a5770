import { childrenOf, isDead, type ProcStat, readStat } from "./proc.ts";
import type { MarkReader } from "./proc-marks.ts";
import type { ProcTable } from "./proc-table.ts";
import type { Tree } from "./tree-members.ts";
import { signalExactly } from "./tree-signal.ts";

/** Rounds without a hit after which a strike ends, and rounds at all. */
const DRY_ROUNDS = 8;
const MOST_ROUNDS = 60;

export interface StrikeField {
  /** The last pass: a process in it has been judged already. */
  readonly table: ProcTable;
  readonly marks: MarkReader;
  readonly spared: ReadonlySet<number>;
  /** Who may inherit an orphan: svc and what it descends from, among them PID 1 and the nearest subreaper. */
  readonly reapers: Iterable<number>;
}

/**
 * Kills members that are younger than the last pass, straight from the list of the processes that inherit orphans. A program
 * that forks, lets the parent exit and calls setsid, over and over, has a new pid every time a pass over /proc comes by; this
 * looks and kills within tens of microseconds. Returns the trees that were hit. Finds nothing on a kernel without
 * CONFIG_PROC_CHILDREN.
 */
export function strikeOrphans(trees: readonly Tree[], field: StrikeField): Set<Tree> {
  const hit = new Set<Tree>();
  const owners = new Map(trees.map((tree) => [tree.marker, tree]));
  const judged = new Set<number>();
  let dry = 0;
  for (let round = 0; round < MOST_ROUNDS && dry < DRY_ROUNDS; round += 1) {
    dry += 1;
    for (const stat of newOrphans(field, judged)) {
      const tree = ownerOf(stat, trees, owners, field.marks);
      if (tree !== undefined && signalExactly(stat, "SIGKILL")) {
        hit.add(tree);
        dry = 0;
      }
    }
  }
  return hit;
}

/** Lazily: each is judged at once, before the next is looked up. */
function* newOrphans(field: StrikeField, judged: Set<number>): Generator<ProcStat> {
  for (const reaper of field.reapers) {
    for (const pid of childrenOf(reaper)) {
      if (judged.has(pid) || field.spared.has(pid) || field.table.byPid.has(pid)) {
        continue;
      }
      judged.add(pid);
      const stat = readStat(pid);
      if (stat !== null && !isDead(stat)) {
        yield stat;
      }
    }
  }
}

function ownerOf(stat: ProcStat, trees: readonly Tree[], owners: ReadonlyMap<string, Tree>, marks: MarkReader): Tree | undefined {
  const marked = marks.of(stat).map((mark) => owners.get(mark));
  return (
    marked.find(Boolean) ?? trees.find(({ main }) => (stat.pgrp === main.pid || stat.session === main.pid) && stat.start >= main.start)
  );
}
