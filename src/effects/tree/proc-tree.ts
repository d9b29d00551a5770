import type { Clock } from "../clock.ts";
import { batched } from "../proc/batch.ts";
import { createMarkReader, type MarkOf } from "../proc/marks.ts";
import { isDead, type ProcStat, readStat } from "../proc/proc.ts";
import { EMPTY_TABLE, type ProcTable, readTable } from "../proc/table.ts";
import { pageSize, ticksPerSecond } from "../proc/units.ts";
import { glance } from "./glance.ts";
import { waitForGroup } from "./group-wait.ts";
import { killTree } from "./kill.ts";
import { groupIn, membersIn, type Tree } from "./members.ts";
import { KILL_BUDGET_MS, signalGroup, signalTree } from "./signal.ts";
import { type Strike, strikeOrphans } from "./strike.ts";
import type { Trees, Usage } from "./tree.ts";

/** Trees as /proc shows them. */
export function createProcTrees(clock: Clock, orphans: (() => number[] | null) | null, markOf?: MarkOf): Trees {
  const scene = createScene(markOf);
  const look = async (tree: Tree): Promise<ProcStat[]> => {
    const table = await scene.look(tree);
    return membersIn(table, tree, lineage(table));
  };
  const lookAtGroup = async (tree: Tree): Promise<ProcStat[]> => groupIn(await scene.pass(), tree);

  const isEmpty = async (tree: Tree): Promise<boolean> => (await look(tree)).length === 0 && (await scene.strike(tree)) === "nothing";

  const groupEnded: Trees["groupEnded"] = (tree, timeoutMs) => waitForGroup(tree, { timeoutMs, clock, look: lookAtGroup });
  const kill: Trees["kill"] = (tree, { budgetMs = KILL_BUDGET_MS } = {}) => {
    signalGroup(tree, "SIGKILL");
    return killTree(tree, { clock, look, strike: scene.strike }, budgetMs);
  };
  return {
    members: look,
    async snapshot(tree) {
      await look(tree);
    },
    signal: signalTree,
    groupEnded,
    kill,
    killGroup(tree) {
      signalGroup(tree, "SIGKILL");
      return groupEnded(tree, KILL_BUDGET_MS);
    },
    async clean(tree) {
      signalGroup(tree, "SIGKILL");
      // What a dead process leaves behind is an orphan of the nearest subreaper: where that is svc and it has none, all are gone.
      if (orphans !== null && hasNone(orphans)) return [];
      const nothing = await isEmpty(tree).catch(() => false);
      return nothing ? [] : kill(tree);
    },
    async usage(trees) {
      // Where svc adopts orphans and has none, every member descends from its main process.
      if (orphans !== null && hasNone(orphans)) return new Map(trees.map((tree) => [tree, sum(glance(tree))]));
      const table = await scene.pass();
      const spared = lineage(table);
      return new Map(trees.map((tree) => [tree, sum(membersIn(table, tree, spared))]));
    },
  };
}

/** False too where it cannot be told, now or on this kernel. */
function hasNone(orphans: () => number[] | null): boolean {
  try {
    const stats = orphans()?.map(readStat);
    return stats?.every((stat) => stat === null || isDead(stat)) ?? false;
  } catch {
    return false;
  }
}

interface View {
  readonly number: number;
  readonly table: ProcTable;
}

const NEVER: View = { number: 0, table: EMPTY_TABLE };

/** The one view of /proc that all trees share: a hundred services that end at once cost one pass. */
function createScene(markOf?: MarkOf) {
  const marks = createMarkReader(markOf);
  const looks = new WeakMap<Tree, View>();
  let count = 0;
  const passes = batched<null, View>(async () => {
    count += 1;
    return { number: count, table: await readTable(marks) };
  });
  const strikes = batched<Tree, Strike>((trees) => {
    const { table } = trees.map((tree) => looks.get(tree) ?? NEVER).reduce((first, one) => (one.number < first.number ? one : first));
    const reapers = lineage(table);
    return strikeOrphans(trees, { table, marks, spared: reapers, reapers });
  });
  return {
    pass: async (): Promise<ProcTable> => (await passes(null)).table,
    look: async (tree: Tree): Promise<ProcTable> => {
      const view = await passes(null);
      looks.set(tree, view);
      return view.table;
    },
    /**
     * At members that the tree's last look did not know. Not the last pass: that one may have been for other trees only, and
     * have seen a member of this one which nobody took note of.
     */
    strike: async (tree: Tree): Promise<"hit" | "unsure" | "nothing"> => {
      const { hit, unsure } = await strikes(tree);
      if (hit.has(tree)) return "hit";
      return unsure ? "unsure" : "nothing";
    },
  };
}

/** svc itself and what it descends from. They may stand in the tree of another supervisor's service, never in one of ours. */
function lineage(table: ProcTable): Set<number> {
  const pids = new Set<number>();
  for (let pid = process.pid; pid > 0 && !pids.has(pid); pid = table.byPid.get(pid)?.ppid ?? 0) {
    pids.add(pid);
  }
  return pids;
}

function sum(members: readonly ProcStat[]): Usage {
  const ticks = members.reduce((total, { ticks }) => total + ticks, 0);
  const pages = members.reduce((total, { rss }) => total + rss, 0);
  return { cpuMs: (ticks * 1000) / ticksPerSecond(), rssBytes: pages * pageSize(), pids: members.map(({ pid }) => pid) };
}
