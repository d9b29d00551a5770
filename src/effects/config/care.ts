import { onlyMarkers } from "../../core/marker.ts";
import { type Clock, createClock } from "../clock.ts";
import { type KeptGroup, startKeeper } from "../leftovers/keeper.ts";
import { listPids, readStat } from "../proc/proc.ts";
import { endHolders } from "../tree/tag.ts";
import { createTrees, type Tree, type Trees } from "../tree/tree.ts";

/** Sees to it that nothing of a config's evaluation is left behind, whatever becomes of it, or of svc. */
export interface EvaluationCare {
  /** Is told of the evaluation as soon as it is there; what this returns is called when nothing of it is left. */
  started(group: KeptGroup): () => unknown;
  /** The config's own code runs only after this: it may block, or start what leaves its group. */
  readonly ready: Promise<unknown>;
  /** Ends what has left the group, and what has the socket of this number open. */
  endTree(tree: Tree, tag: number | undefined): Promise<unknown>;
}

/** For a command that evaluates a config and supervises nothing: a keeper for this one evaluation. */
export function careAlone(env: Readonly<Record<string, string | undefined>>): EvaluationCare {
  const clock = createClock();
  const keeper = startKeeper({ clock, env: onlyMarkers(env) });
  return {
    started(group) {
      keeper.add(group);
      return () => {
        keeper.remove(group);
        return keeper.close();
      };
    },
    ready: Promise.resolve(),
    endTree: (tree, tag) => endEvaluation(tree, tag, { trees: createTrees({ clock }), among: listPids, clock }),
  };
}

export interface EvaluationEnd {
  readonly trees: Pick<Trees, "clean">;
  /** Where a process may be that only the tag tells of. */
  readonly among: () => number[];
  readonly clock: Clock;
}

/** What `endTree` of a care does. */
export async function endEvaluation(tree: Tree, tag: number | undefined, { trees, among, clock }: EvaluationEnd): Promise<void> {
  await trees.clean(tree);
  // To ask every process of the machine for its descriptors would take 20 ms.
  const younger = (): number[] => among().filter((pid) => (readStat(pid)?.start ?? 0) >= tree.main.start);
  if (tag !== undefined) await endHolders(new Set([`socket:[${tag}]`]), younger, clock);
}
