import type { Keeper } from "../../effects/keeper.ts";
import { keepCommand } from "../../supervisor/witness.ts";

/** The evaluations of the config: one that blocks does not see that svc has been killed, so the keeper is told of them. */
export interface Evaluations {
  /** See `LoadConfigOptions`. */
  readonly onStarted: (leader: number) => () => void;
  /** The first evaluation begins before there is a keeper; it is told of that one, too. */
  keepBy(keeper: Pick<Keeper, "add" | "remove">): void;
}

export function createEvaluations(): Evaluations {
  const running = new Map<number, () => void>();
  let keep = (_leader: number): (() => void) => nothing;
  return {
    onStarted(leader) {
      running.set(leader, keep(leader));
      return () => {
        running.get(leader)?.();
        running.delete(leader);
      };
    },
    keepBy(keeper) {
      keep = (leader) => keepCommand(keeper, leader);
      for (const leader of running.keys()) running.set(leader, keep(leader));
    },
  };
}

function nothing(): void {}
