import { absurd } from "../absurd.ts";
import { formatDuration } from "../duration.ts";
import { backoffDelay, exceedsLimit, restartsInWindow } from "./backoff.ts";
import { couldNotStart, isPassing } from "./ending.ts";
import type { Effect, Ending, Event, Policy, State, Step } from "./state.ts";
import { asked, type In, planNextRun, runsByProcess, stay, to } from "./steps.ts";

/** What follows the end of a process: the restart policy, the clean-up of its tree, the delay. */

/** The main process ended by itself. */
export function afterEnd(policy: Policy, state: State, ending: Ending, roll: number): Step {
  if (runsByProcess(policy)) return afterRun(state, ending);
  const succeeded = ending.code !== null && policy.successExitCodes.includes(ending.code);
  if (!succeeded) return afterCrash(policy, state, ending, roll);
  if (policy.restart === "always") return restartLater(policy, state, ending, roll, CLEAN);
  return to({ ...state, lastExit: ending }, { tag: "cleaning", after: "completed", patient: false }, CLEAN);
}

export function afterCrash(policy: Policy, state: State, ending: Ending, roll: number): Step {
  if (runsByProcess(policy)) return afterRun(state, ending);
  if (policy.restart !== "never") return restartLater(policy, state, ending, roll, CLEAN);
  return to({ ...state, lastExit: ending, gaveUp: ending.reason }, { tag: "cleaning", after: "failed", patient: false }, CLEAN);
}

/** However a run of a schedule ended, the next one comes at its time. */
function afterRun(state: State, ending: Ending): Step {
  return to({ ...state, lastExit: ending }, { tag: "cleaning", after: "scheduled", patient: false }, CLEAN);
}

/** No process came to be, so there is nothing to clean up after. */
export function afterSpawnFailure(policy: Policy, state: State, event: Extract<Event, { type: "spawnFailed" }>): Step {
  const ending = couldNotStart(event);
  if (isPassing(event.code) && runsByProcess(policy)) return planNextRun({ ...state, lastExit: ending });
  if (isPassing(event.code) && policy.restart !== "never") return restartLater(policy, state, ending, event.roll, []);
  return to({ ...state, lastExit: ending, gaveUp: ending.reason }, { tag: "failed" });
}

const CLEAN: readonly Effect[] = [{ type: "clean", patient: false }];

function restartLater(policy: Policy, state: State, ending: Ending, roll: number, clean: readonly Effect[]): Step {
  const delay = backoffDelay(policy.backoff, state.attempt, roll);
  const dueAt = ending.at + delay;
  const ended = { ...state, lastExit: ending };
  const cleaned = clean.length === 0;
  if (exceedsLimit(policy.maxRestarts, state.restartTimes, dueAt)) {
    const failed = { ...ended, gaveUp: gaveUpAfter(policy, ending) };
    return cleaned ? to(failed, { tag: "failed" }) : to(failed, { tag: "cleaning", after: "failed", patient: false }, clean);
  }
  const counted = { ...ended, attempt: state.attempt + 1, nextStartAt: dueAt, restartTimes: timesWith(policy, state, dueAt) };
  return to(counted, { tag: "backoff", cleaned, due: false }, [...clean, { type: "arm", timer: "backoff", ms: delay }]);
}

function gaveUpAfter(policy: Policy, ending: Ending): string {
  const limit = policy.maxRestarts;
  return limit === null ? ending.reason : `${ending.reason}, after ${limit.count} restarts within ${formatDuration(limit.withinMs)}`;
}

/** Without a limit no times are kept: a crash loop of years must not grow a list. */
function timesWith(policy: Policy, state: State, dueAt: number): readonly number[] {
  if (policy.maxRestarts === null) return [];
  return [...restartsInWindow(policy.maxRestarts, state.restartTimes, dueAt), dueAt];
}

export function whileCleaning(state: State, phase: In<"cleaning">, event: Event): Step {
  switch (event.type) {
    case "start":
      return phase.after === "scheduled" ? stay(state) : to(asked(state), { ...phase, after: "start" });
    case "restart":
      return to(asked(state), { ...phase, after: "start" });
    case "stop":
      return stopCleaning(state, { ...phase, after: "stopped" }, event.timeoutMs);
    case "cleaned":
      if (phase.after === "scheduled") return planNextRun(state);
      return to(state, { tag: phase.after === "start" ? "waiting" : phase.after }, phase.patient ? [END_PATIENCE] : []);
    case "dependenciesMet":
    case "dependencyFailed":
    case "spawned":
    case "spawnFailed":
    case "ready":
    case "checked":
    case "checksChanged":
    case "overMemory":
    case "exited":
    case "planned":
    case "due":
    case "runFailed":
      return stay(state);
    case "elapsed":
      return event.timer === "kill" && phase.patient ? to(state, { ...phase, patient: false }, [{ type: "killRest" }]) : stay(state);
    default:
      return absurd(event);
  }
}

const END_PATIENCE: Effect = { type: "disarm", timer: "kill" };

function stopCleaning(state: State, phase: In<"cleaning">, timeoutMs: number | undefined): Step {
  if (!phase.patient || timeoutMs === undefined) return to(state, phase);
  if (timeoutMs === 0) return to(state, { ...phase, patient: false }, [END_PATIENCE, { type: "killRest" }]);
  return to(state, phase, [{ type: "arm", timer: "kill", ms: timeoutMs }]);
}

export function whileInBackoff(state: State, phase: In<"backoff">, event: Event): Step {
  const disarm: Effect = { type: "disarm", timer: "backoff" };
  const cancelled = { ...state, nextStartAt: null };
  switch (event.type) {
    case "start":
    case "restart":
      if (phase.cleaned && event.type === "start" && event.now) return to(asked(cancelled), { tag: "waiting", now: true }, [disarm]);
      return to(asked(cancelled), phase.cleaned ? { tag: "waiting" } : { tag: "cleaning", after: "start", patient: false }, [disarm]);
    case "stop":
      return to(cancelled, phase.cleaned ? { tag: "stopped" } : { tag: "cleaning", after: "stopped", patient: false }, [disarm]);
    case "elapsed":
      if (event.timer !== "backoff") return stay(state);
      return phase.cleaned ? again(state) : to(state, { ...phase, due: true });
    case "cleaned":
      return phase.due ? again(state) : to(state, { ...phase, cleaned: true });
    case "dependenciesMet":
    case "dependencyFailed":
    case "spawned":
    case "spawnFailed":
    case "ready":
    case "checked":
    case "checksChanged":
    case "overMemory":
    case "exited":
    case "planned":
    case "due":
    case "runFailed":
      return stay(state);
    default:
      return absurd(event);
  }
}

function again(state: State): Step {
  const restarted = { ...state, restarts: state.restarts + 1, nextStartAt: null };
  return to(restarted, { tag: "spawning", stop: null }, [{ type: "spawn" }]);
}
