import { absurd } from "../absurd.ts";
import { afterSpawnFailure } from "./after.ts";
import { beginUp, newChecks } from "./health.ts";
import { ABORTED, type Effect, type Event, type Phase, type Policy, type State, type Step } from "./state.ts";
import { asked, beginLife, beginStop, type In, runsByProcess, stay, to } from "./steps.ts";

/** Phases in which no process lives, and none is being cleaned up after. */

export function whileIdle(state: State, event: Event): Step {
  switch (event.type) {
    case "start":
      return to(asked(state), waiting(event.now));
    case "restart":
      return to(asked(state), waiting());
    case "stop":
      return to(state, { tag: "stopped" });
    case "dependenciesMet":
    case "dependencyFailed":
    case "spawned":
    case "spawnFailed":
    case "ready":
    case "checked":
    case "checksChanged":
    case "overMemory":
    case "exited":
    case "cleaned":
    case "planned":
    case "due":
    case "runFailed":
    case "elapsed":
      return stay(state);
    default:
      return absurd(event);
  }
}

function waiting(now = false): Phase {
  return now ? { tag: "waiting", now } : { tag: "waiting" };
}

export function whileWaiting(policy: Policy, state: State, phase: In<"waiting">, event: Event): Step {
  switch (event.type) {
    case "stop":
      return to(state, { tag: "stopped" });
    case "dependenciesMet":
      if (runsByProcess(policy) && !phase.now) return to(state, { tag: "scheduled" }, [{ type: "planRun", first: true }]);
      return to(state, { tag: "spawning", stop: null }, [phase.now ? { type: "spawn", now: true } : { type: "spawn" }]);
    case "dependencyFailed":
      return to({ ...state, gaveUp: event.reason }, { tag: "skipped" });
    case "start":
      return event.now ? to(state, { tag: "waiting", now: true }) : stay(state);
    case "restart":
    case "spawned":
    case "spawnFailed":
    case "ready":
    case "checked":
    case "checksChanged":
    case "overMemory":
    case "exited":
    case "cleaned":
    case "planned":
    case "due":
    case "runFailed":
    case "elapsed":
      return stay(state);
    default:
      return absurd(event);
  }
}

export function whileScheduled(state: State, event: Event): Step {
  const run: Phase = { tag: "spawning", stop: null };
  switch (event.type) {
    case "start":
      return event.now ? to(asked(state), run, [{ type: "cancelRun" }, { type: "spawn" }]) : stay(state);
    case "restart":
      return to(asked(state), { tag: "waiting" }, [{ type: "cancelRun" }]);
    case "stop":
      return to(state, { tag: "stopped" }, [{ type: "cancelRun" }]);
    case "planned":
      return { state: { ...state, nextStartAt: event.dueAt }, effects: [] };
    case "due":
      return to(asked(state), run, [{ type: "spawn" }]);
    case "dependenciesMet":
    case "dependencyFailed":
    case "spawned":
    case "spawnFailed":
    case "ready":
    case "checked":
    case "checksChanged":
    case "overMemory":
    case "exited":
    case "cleaned":
    case "runFailed":
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
    case "checked":
    case "checksChanged":
    case "overMemory":
    case "exited":
    case "cleaned":
    case "planned":
    case "due":
    case "runFailed":
    case "elapsed":
      return stay(state);
    default:
      return absurd(event);
  }
}

function born(policy: Policy, state: State, event: Extract<Event, { type: "spawned" }>): Step {
  const alive = { ...state, startedAt: event.at, checks: newChecks(policy) };
  if (policy.ready === null) return to(alive, { tag: "running", pid: event.pid }, [...beginLife(policy), ...beginUp(policy)]);
  const effects: Effect[] = [...beginLife(policy), { type: "arm", timer: "ready", ms: policy.ready.timeoutMs }, { type: "watchReadiness" }];
  return to(alive, { tag: "starting", pid: event.pid }, effects);
}

/** The stop came while the process was being made: it is stopped as soon as it is there. */
function stillborn(policy: Policy, state: State, event: Extract<Event, { type: "spawned" }>, timeoutMs: number): Step {
  return beginStop(policy, { ...state, startedAt: event.at, checks: null }, event.pid, { next: "stopped" }, timeoutMs);
}

function afterFailedSpawn(policy: Policy, state: State, phase: In<"spawning">, event: Extract<Event, { type: "spawnFailed" }>): Step {
  if (phase.stop !== null) return to(state, { tag: "stopped" });
  // A stop cancelled the start, then a start took the stop back.
  if (event.code === ABORTED) return to(state, phase, [{ type: "spawn" }]);
  return afterSpawnFailure(policy, state, event);
}
