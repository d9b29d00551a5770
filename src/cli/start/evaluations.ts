import type { EvaluationCare, EvaluationEnd } from "../../effects/config/care.ts";
import type { Keeper, KeptGroup } from "../../effects/leftovers/keeper.ts";

/** The evaluations of the config, of which nothing is to be left: at the start, and at each reload. */
export interface Evaluations {
  readonly care: EvaluationCare;
  /**
   * The first evaluation begins before there is a keeper, and before svc gets the orphans of its descendants. Its process is
   * started meanwhile, but the config's own code waits for this.
   */
  careBy(overseer: Overseer): void;
}

export interface Overseer extends EvaluationEnd {
  readonly keeper: Pick<Keeper, "add" | "remove">;
}

export function createEvaluations(): Evaluations {
  const running = new Set<KeptGroup>();
  let overseer: Overseer | null = null;
  let isReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  return {
    care: {
      ready,
      started(group) {
        running.add(group);
        overseer?.keeper.add(group);
        return () => {
          running.delete(group);
          overseer?.keeper.remove(group);
        };
      },
      // Without an overseer none of the config's code has run.
      endTree: async (tree, tag) => {
        if (overseer === null) return;
        const { endEvaluation } = await import("../../effects/config/care.ts");
        await endEvaluation(tree, tag, overseer);
      },
    },
    careBy(one) {
      overseer = one;
      for (const group of running) one.keeper.add(group);
      isReady();
    },
  };
}
