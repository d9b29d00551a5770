import { absurd } from "../absurd.ts";
import { afterCrash, afterEnd } from "./after.ts";
import { endedByItself, killedBySvc, notReadyIn } from "./ending.ts";
import type { AfterClean, AfterStop, Effect, Event, Policy, State, Step } from "./state.ts";
import { asked, beginStop, type In, kill, stableTimer, stay, to, withEffects } from "./steps.ts";

/** Phases in which the main process lives. */

export function whileStarting(policy: Policy, state: State, phase: In<"starting">, event: Event): Step {
  switch (event.type) {
    case "stop":
      return beginStop(policy, state, phase.pid, { next: "stopped" }, event.timeoutMs, END_STARTING);
    case "restart":
      return beginStop(policy, asked(state), phase.pid, { next: "start" }, undefined, END_STARTING);
    case "ready":
      return to(state, { tag: "running", pid: phase.pid }, [...END_STARTING, stableTimer(policy)]);
    case "exited":
      return withEffects(END_STARTING, afterEnd(policy, state, endedByItself(event, event.at), event.roll));
    case "overMemory":
      return beginStop(policy, state, phase.pid, OVER_MEMORY, undefined, END_STARTING);
    case "elapsed":
      return event.timer === "ready" ? notReady(policy, state, phase) : stay(state);
    case "start":
    case "dependenciesMet":
    case "dependencyFailed":
    case "spawned":
    case "spawnFailed":
    case "cleaned":
      return stay(state);
    default:
      return absurd(event);
  }
}

const END_STARTING: readonly Effect[] = [{ type: "disarm", timer: "ready" }, { type: "endReadiness" }];

const OVER_MEMORY: AfterStop = { next: "crash", kind: "memory", reason: "over its memory limit" };

function notReady(policy: Policy, state: State, phase: In<"starting">): Step {
  const after: AfterStop = { next: "crash", kind: "not-ready", reason: notReadyIn(policy.ready?.timeoutMs ?? 0) };
  return beginStop(policy, state, phase.pid, after, undefined, [{ type: "endReadiness" }]);
}

export function whileRunning(policy: Policy, state: State, phase: In<"running">, event: Event): Step {
  const endStable: Effect = { type: "disarm", timer: "stable" };
  switch (event.type) {
    case "stop":
      return beginStop(policy, state, phase.pid, { next: "stopped" }, event.timeoutMs, [endStable]);
    case "restart":
      return beginStop(policy, asked(state), phase.pid, { next: "start" }, undefined, [endStable]);
    case "exited":
      return withEffects([endStable], afterEnd(policy, state, endedByItself(event, event.at), event.roll));
    case "overMemory":
      return beginStop(policy, state, phase.pid, OVER_MEMORY, undefined, [endStable]);
    case "elapsed":
      return event.timer === "stable" ? { state: { ...state, attempt: 0 }, effects: [] } : stay(state);
    case "start":
    case "dependenciesMet":
    case "dependencyFailed":
    case "spawned":
    case "spawnFailed":
    case "ready":
    case "cleaned":
      return stay(state);
    default:
      return absurd(event);
  }
}

export function whileStopping(policy: Policy, state: State, phase: In<"stopping">, event: Event): Step {
  switch (event.type) {
    case "start":
    case "restart":
      return to(asked(state), { ...phase, after: { next: "start" } });
    case "stop":
      return stopAgain(state, { ...phase, after: { next: "stopped" } }, event.timeoutMs);
    case "exited":
      return afterStop(policy, state, phase, event);
    case "elapsed":
      return event.timer === "kill" ? kill(state, phase) : stay(state);
    case "dependenciesMet":
    case "dependencyFailed":
    case "spawned":
    case "spawnFailed":
    case "ready":
    case "overMemory":
    case "cleaned":
      return stay(state);
    default:
      return absurd(event);
  }
}

/** A later stop may shorten the time that is left, or lengthen it while nothing was killed yet. */
function stopAgain(state: State, phase: In<"stopping">, timeoutMs: number | undefined): Step {
  if (timeoutMs === undefined || phase.killed) return to(state, phase);
  if (timeoutMs === 0) return kill(state, { ...phase, timeoutMs: 0 });
  return to(state, { ...phase, timeoutMs }, [{ type: "arm", timer: "kill", ms: timeoutMs }]);
}

function afterStop(policy: Policy, state: State, phase: In<"stopping">, event: Extract<Event, { type: "exited" }>): Step {
  const disarm: Effect = { type: "disarm", timer: "kill" };
  const ending = phase.killed ? killedBySvc(event, phase.timeoutMs, event.at) : endedByItself(event, event.at);
  const { after } = phase;
  if (after.next === "crash") {
    const crash = { ...ending, kind: after.kind, reason: after.reason };
    return withEffects([disarm], afterCrash(policy, state, crash, event.roll));
  }
  const next: AfterClean = after.next === "start" ? "start" : "stopped";
  const ended = { ...state, lastExit: ending };
  const patient = !phase.killed;
  const clean: Effect = { type: "clean", patient };
  // The rest of the group was asked to stop with it: it has the same time.
  return to(ended, { tag: "cleaning", after: next, patient }, patient ? [clean] : [disarm, clean]);
}
