import { absurd } from "../absurd.ts";
import { afterSpawnFailure } from "./after.ts";
import { ABORTED, type Effect, type Event, type Policy, type State, type Step } from "./state.ts";
import { asked, beginStop, type In, stableTimer, stay, to } from "./steps.ts";

/** Phases in which no process lives, and none is being cleaned up after. */

export function whileIdle(state: State, event: Event): Step {
  switch (event.type) {
    case "start":
    case "restart":
      return to(asked(state), { tag: "waiting" });
    case "stop":
      return to(state, { tag: "stopped" });
    case "dependenciesMet":
    case "dependencyFailed":
    case "spawned":
    case "spawnFailed":
    case "ready":
    case "overMemory":
    case "exited":
    case "cleaned":
    case "elapsed":
      return stay(state);
    default:
      return absurd(event);
  }
}

export function whileWaiting(state: State, event: Event): Step {
  switch (event.type) {
    case "stop":
      return to(state, { tag: "stopped" });
    case "dependenciesMet":
      return to(state, { tag: "spawning", stop: null }, [{ type: "spawn" }]);
    case "dependencyFailed":
      return to({ ...state, gaveUp: event.reason }, { tag: "skipped" });
    case "start":
    case "restart":
    case "spawned":
    case "spawnFailed":
    case "ready":
    case "overMemory":
    case "exited":
    case "cleaned":
    case "elapsed":
      return stay(state);
    default:
      return absurd(event);
  }
}

export function whileSpawning(policy: Policy, state: State, phase: In<"spawning">, event: Event): Step {
  switch (event.type) {
    case "start":
    case "restart":
      return to(asked(state), { tag: "spawning", stop: null });
    case "stop":
      return to(state, { tag: "spawning", stop: { timeoutMs: event.timeoutMs ?? policy.stop.timeoutMs } }, [{ type: "cancelSpawn" }]);
    case "spawned":
      return phase.stop === null ? born(policy, state, event) : stillborn(policy, state, event, phase.stop.timeoutMs);
    case "spawnFailed":
      return afterFailedSpawn(policy, state, phase, event);
    case "dependenciesMet":
    case "dependencyFailed":
    case "ready":
    case "overMemory":
    case "exited":
    case "cleaned":
    case "elapsed":
      return stay(state);
    default:
      return absurd(event);
  }
}

function born(policy: Policy, state: State, event: Extract<Event, { type: "spawned" }>): Step {
  const alive = { ...state, startedAt: event.at };
  if (policy.ready === null) return to(alive, { tag: "running", pid: event.pid }, [stableTimer(policy)]);
  const effects: Effect[] = [{ type: "arm", timer: "ready", ms: policy.ready.timeoutMs }, { type: "watchReadiness" }];
  return to(alive, { tag: "starting", pid: event.pid }, effects);
}

/** The stop came while the process was being made: it is stopped as soon as it is there. */
function stillborn(policy: Policy, state: State, event: Extract<Event, { type: "spawned" }>, timeoutMs: number): Step {
  return beginStop(policy, { ...state, startedAt: event.at }, event.pid, { next: "stopped" }, timeoutMs);
}

function afterFailedSpawn(policy: Policy, state: State, phase: In<"spawning">, event: Extract<Event, { type: "spawnFailed" }>): Step {
  if (phase.stop !== null) return to(state, { tag: "stopped" });
  // A stop cancelled the start, then a start took the stop back.
  if (event.code === ABORTED) return to(state, phase, [{ type: "spawn" }]);
  return afterSpawnFailure(policy, state, event);
}
