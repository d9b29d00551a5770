import { absurd } from "../absurd.ts";
import type { ShownState } from "../row.ts";
import type { Phase, State } from "./state.ts";

/** What a state looks like from outside: observed, not intended. A process that does not exist yet is not `starting`. */
export function shownState(state: State): ShownState {
  const phase = state.phase;
  switch (phase.tag) {
    case "spawning":
      return "waiting";
    case "cleaning":
      return "stopping";
    case "stopped":
    case "waiting":
    case "scheduled":
    case "starting":
    case "running":
    case "unhealthy":
    case "stopping":
    case "backoff":
    case "completed":
    case "failed":
    case "skipped":
      return phase.tag;
    default:
      return absurd(phase);
  }
}

export function pidOf(phase: Phase): number | null {
  return "pid" in phase ? phase.pid : null;
}

/** The process exists, or is being ended with all that it left behind. */
export function holdsProcess(phase: Phase): boolean {
  return pidOf(phase) !== null || phase.tag === "cleaning";
}

/** No process lives, none is being ended, and none will come by itself. */
export function isDown(phase: Phase): boolean {
  return phase.tag === "stopped" || hasEnded(phase);
}

/** It has ended for good: wanted, and nothing more will come of it. */
export function hasEnded(phase: Phase): boolean {
  return phase.tag === "completed" || phase.tag === "failed" || phase.tag === "skipped";
}
