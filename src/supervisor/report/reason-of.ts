import type { State } from "../../core/machine/state.ts";

/** Why a state has changed: what is wrong, or how its process ended, where that is what happened; else null. */
export function reasonOf({ phase, gaveUp, lastExit }: State, before: State): string | null {
  if (phase.tag === "unhealthy") return phase.reason;
  return gaveUp ?? (lastExit === before.lastExit ? null : (lastExit?.reason ?? null));
}
