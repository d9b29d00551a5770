import type { MarkReader } from "../proc/marks.ts";
import { childrenOf, isDead, type ProcStat, readStat } from "../proc/proc.ts";
import type { ProcTable } from "../proc/table.ts";
import type { Tree } from "./members.ts";
import { signalExactly } from "./signal.ts";

/** Rounds without a hit after which a strike ends, and rounds at all. */
const DRY_ROUNDS = 8;
const MOST_ROUNDS = 60;

export interface StrikeField {
  /** The last pass: who is settled there has been judged already. */
  readonly table: ProcTable;
  readonly marks: MarkReader;
  readonly spared: ReadonlySet<number>;
  /** Who may inherit an orphan: svc and what it descends from, among them PID 1 and the nearest subreaper. */
  readonly reapers: Iterable<number>;
}

export interface Strike {
  /** The trees that were hit. */
  readonly hit: ReadonlySet<Tree>;
  /** Somebody was in the midst of an exec or of its exit to the end, so that nothing can be said of it or of its children. */
  readonly unsure: boolean;
}

/**
 * Kills members that are younger than the last pass, straight from the list of the processes that inherit orphans. A program
 * that forks, lets the parent exit and calls setsid, over and over, has a new pid every time a pass over /proc comes by; this
 * looks and kills within tens of microseconds. Finds nothing on a kernel without CONFIG_PROC_CHILDREN.
 */
export function strikeOrphans(trees: readonly Tree[], field: StrikeField): Strike {
  const hit = new Set<Tree>();
  const judge = createJudge(trees, field.marks);
  const judged = new Set<number>();
  let dry = 0;
  for (let round = 0; round < MOST_ROUNDS && dry < DRY_ROUNDS; round += 1) {
    dry += 1;
    for (const pid of newOrphans(field, judged)) {
      const stat = readStat(pid);
      const tree = stat === null || isDead(stat) ? "dead" : judge(stat);
      if (tree === "none" || tree === "dead") {
        judged.add(pid);
      }
      // An orphan that died since the last pass may have a successor, and one amid an exec may be one.
      dry = tree === "none" || tree === "bare" ? dry : 0;
      // So may one that goes away before the signal.
      if (stat !== null && typeof tree === "object" && signalExactly(stat, "SIGKILL") !== "refused") {
        hit.add(tree);
      }
    }
  }
  return { hit, unsure: dry < DRY_ROUNDS };
}

/** The youngest first (the kernel appends), and lazily: each is judged at once, before the next is looked up. */
function* newOrphans(field: StrikeField, judged: ReadonlySet<number>): Generator<number> {
  for (const reaper of field.reapers) {
    for (const pid of childrenOf(reaper).reverse()) {
      if (!judged.has(pid) && !field.spared.has(pid) && !field.table.settled.has(pid)) {
        yield pid;
      }
    }
  }
}

/**
 * Answers with the tree that a process belongs to; `unknown` where its environment is empty because it is in the midst of an
 * exec or of its exit (on a busy machine it may stay so for many milliseconds); `bare` where it sleeps, so that it seems to
 * have none.
 */
function createJudge(trees: readonly Tree[], marks: MarkReader): (stat: ProcStat) => Tree | "none" | "unknown" | "bare" {
  const owners = new Map(trees.map((tree) => [tree.marker, tree]));
  const oldest = trees.reduce((start, { main }) => Math.min(start, main.start), Number.POSITIVE_INFINITY);
  return (stat) => {
    if (stat.start < oldest) {
      return "none";
    }
    const bound = trees.find(({ main }) => stat.pgrp === main.pid || stat.session === main.pid);
    if (bound !== undefined) {
      return bound;
    }
    const found = marks.of(stat);
    if (found === null) return stat.state === "S" ? "bare" : "unknown";
    return found.map((mark) => owners.get(mark)).find((tree) => tree !== undefined) ?? "none";
  };
}
