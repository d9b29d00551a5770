import { KILL_BUDGET_MS } from "./signal.ts";
import type { Member, Tree, Trees } from "./tree.ts";

/**
 * Trees of which some have a cgroup: that ends first, and with it most probably all. The other ways to find the rest are gone
 * all the same, as root may have left it; where nobody has joined it, it ends nobody.
 */
export function withCgroups(trees: Trees): Trees {
  const note = (tree: Tree): void => {
    tree.cgroup?.spare();
    for (const { pid, start } of tree.cgroup?.members() ?? []) tree.remembered.set(pid, start);
  };
  return {
    ...trees,
    async members(tree) {
      note(tree);
      return trees.members(tree);
    },
    async snapshot(tree) {
      // Whoever is in it, is in it for good.
      if (tree.cgroup?.isPopulated()) tree.cgroup.spare();
      else await trees.snapshot(tree);
    },
    kill: (tree, options = {}) => both(tree, options.budgetMs ?? KILL_BUDGET_MS, () => trees.kill(tree, options)),
    clean: (tree) => both(tree, KILL_BUDGET_MS, () => trees.clean(tree)),
    killGroup(tree) {
      tree.cgroup?.dissolve();
      return trees.killGroup(tree);
    },
    async usage(all) {
      all.forEach(note);
      return trees.usage(all);
    },
  };
}

async function both({ cgroup }: Tree, budgetMs: number, endRest: () => Promise<Member[]>): Promise<Member[]> {
  if (!cgroup) return endRest();
  const left = await cgroup.end(budgetMs);
  const rest = await endRest();
  const known = new Set(rest.map(({ pid }) => pid));
  return [...rest, ...left.filter(({ pid }) => !known.has(pid))];
}
