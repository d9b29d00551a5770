import { onlyMarkers } from "../../core/marker.ts";
import { createClock } from "../clock.ts";
import { type KeptGroup, startKeeper } from "../leftovers/keeper.ts";
import { createTrees, type Tree } from "../tree/tree.ts";

/** Sees to it that nothing of a config's evaluation is left behind, whatever becomes of it, or of svc. */
export interface EvaluationCare {
  /** Is told of the evaluation as soon as it is there; what this returns is called when nothing of it is left. */
  started(group: KeptGroup): () => unknown;
  /** The config's own code runs only after this: it may block, or start what leaves its group. */
  readonly ready: Promise<unknown>;
  /** Ends what has left the group. */
  endTree(tree: Tree): Promise<unknown>;
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
    endTree: (tree) => createTrees({ clock }).clean(tree),
  };
}
