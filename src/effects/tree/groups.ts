import type { Clock } from "../clock.ts";
import { waitForGroup } from "./group-wait.ts";
import type { Member, Tree } from "./members.ts";
import { KILL_BUDGET_MS, signalGroup, signalTree } from "./signal.ts";
import type { Trees } from "./tree.ts";

/** Trees as far as signals alone can tell: the group, which stands as one member under the main process's pid. */
export function createGroupTrees(clock: Clock): Trees {
  const members = async (tree: Tree): Promise<Member[]> => {
    return signalGroup(tree, 0) ? [{ pid: tree.main.pid, start: tree.main.start, ppid: 0, comm: "" }] : [];
  };
  const groupEnded: Trees["groupEnded"] = (tree, timeoutMs) => waitForGroup(tree, { timeoutMs, clock, look: members });
  const kill: Trees["kill"] = (tree, { budgetMs = KILL_BUDGET_MS } = {}) => {
    signalGroup(tree, "SIGKILL");
    return groupEnded(tree, budgetMs);
  };
  return {
    members,
    snapshot: async () => {},
    signal: signalTree,
    groupEnded,
    kill,
    killGroup: (tree) => kill(tree),
    clean: (tree) => kill(tree),
    usage: async () => new Map(),
  };
}
