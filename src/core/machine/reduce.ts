import { absurd } from "../absurd.ts";
import { whileCleaning, whileInBackoff } from "./after.ts";
import { whileStarting, whileStopping, whileUp } from "./alive.ts";
import { whileIdle, whileScheduled, whileSpawning, whileWaiting } from "./before.ts";
import type { Event, Policy, State, Step } from "./state.ts";

/**
 * The life of one service instance. Pure: the clock and the dice come in with the event, and what is to be done goes out
 * as effects. Events that mean nothing in a phase (a timer that lost its race, a late fact) change nothing.
 */
export function reduce(policy: Policy, state: State, event: Event): Step {
  const phase = state.phase;
  switch (phase.tag) {
    case "stopped":
    case "completed":
    case "failed":
    case "skipped":
      return whileIdle(state, event);
    case "waiting":
      return whileWaiting(policy, state, phase, event);
    case "scheduled":
      return whileScheduled(state, event);
    case "spawning":
      return whileSpawning(policy, state, phase, event);
    case "starting":
      return whileStarting(policy, state, phase, event);
    case "running":
    case "unhealthy":
      return whileUp(policy, state, phase, event);
    case "stopping":
      return whileStopping(policy, state, phase, event);
    case "cleaning":
      return whileCleaning(state, phase, event);
    case "backoff":
      return whileInBackoff(state, phase, event);
    default:
      return absurd(phase);
  }
}
