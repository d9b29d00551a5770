import { batched } from "./batch.ts";
import type { Clock } from "./clock.ts";
import { isDead, type ProcStat, pageSize, readStat, ticksPerSecond } from "./proc.ts";
import { createMarkReader } from "./proc-marks.ts";
import { EMPTY_TABLE, type ProcTable, readTable } from "./proc-table.ts";
import type { Trees, Usage } from "./tree.ts";
import { waitForGroup } from "./tree-group-wait.ts";
import { killTree } from "./tree-kill.ts";
import { groupIn, membersIn, type Tree } from "./tree-members.ts";
import { KILL_BUDGET_MS, signalGroup, signalTree } from "./tree-signal.ts";
import { strikeOrphans } from "./tree-strike.ts";

/** Trees as /proc shows them. */
export function createProcTrees(clock: Clock, orphans: (() => number[] | null) | null): Trees {
  const scene = createScene();
  const look = async (tree: Tree): Promise<ProcStat[]> => {
    const table = await scene.pass();
    return membersIn(table, tree, lineage(table));
  };
  const lookAtGroup = async (tree: Tree): Promise<ProcStat[]> => groupIn(await scene.pass(), tree);

  const isEmpty = async (tree: Tree): Promise<boolean> => (await look(tree)).length === 0 && !(await scene.strike(tree));

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

/** The one view of /proc that all trees share: a hundred services that end at once cost one pass. */
function createScene() {
  const marks = createMarkReader();
  let table = EMPTY_TABLE;
  const passes = batched<null, ProcTable>(async () => {
    table = await readTable(marks);
    return table;
  });
  const strikes = batched<Tree, Set<Tree>>((trees) => {
    const reapers = lineage(table);
    return strikeOrphans(trees, { table, marks, spared: reapers, reapers });
  });
  return {
    pass: (): Promise<ProcTable> => passes(null),
    /** True if it hit a member that the last pass did not know. */
    strike: async (tree: Tree): Promise<boolean> => (await strikes(tree)).has(tree),
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
