import { absurd } from "../absurd.ts";
import { formatDuration } from "../duration.ts";
import { afterCrash, afterEnd } from "./after.ts";
import { endedByItself, failedRun, killedBySvc, notReadyIn } from "./ending.ts";
import { beginUp, endUp, hearOfCheck, withNewChecks, withoutStartPeriod } from "./health.ts";
import type { AfterClean, AfterStop, Effect, Event, Policy, State, Step } from "./state.ts";
import { asked, beginStop, endLife, type In, kill, stay, to, withEffects } from "./steps.ts";

/** Phases in which the main process lives. */

export function whileStarting(policy: Policy, state: State, phase: In<"starting">, event: Event): Step {
  switch (event.type) {
    case "stop":
      return beginStop(policy, state, phase.pid, { next: "stopped" }, event.timeoutMs, endStarting(policy));
    case "restart":
      return beginStop(policy, asked(state), phase.pid, { next: "start" }, undefined, endStarting(policy));
    case "ready":
      return to(state, { tag: "running", pid: phase.pid }, [...END_STARTING, ...beginUp(policy)]);
    case "exited":
      return withEffects(endStarting(policy), afterEnd(policy, state, endedByItself(event, event.at), event.roll));
    case "overMemory":
      return beginStop(policy, state, phase.pid, OVER_MEMORY, undefined, endStarting(policy));
    case "elapsed":
      if (event.timer === "run") return beginStop(policy, state, phase.pid, tooLong(policy), undefined, endStarting(policy));
      if (event.timer === "startPeriod") return withoutStartPeriod(state);
      return event.timer === "ready" ? notReady(policy, state, phase) : stay(state);
    case "checksChanged":
      return withNewChecks(policy, state, phase);
    case "checked":
    case "start":
    case "dependenciesMet":
    case "dependencyFailed":
    case "spawned":
    case "spawnFailed":
    case "cleaned":
    case "due":
      return stay(state);
    case "planned":
    case "runFailed":
      return hearOfRuns(state, event);
    default:
      return absurd(event);
  }
}

const END_STARTING: readonly Effect[] = [{ type: "disarm", timer: "ready" }, { type: "endReadiness" }];

function endStarting(policy: Policy): readonly Effect[] {
  return [...END_STARTING, ...endLife(policy)];
}

const OVER_MEMORY: AfterStop = { next: "crash", kind: "memory", reason: "over its memory limit" };

function notReady(policy: Policy, state: State, phase: In<"starting">): Step {
  const after: AfterStop = { next: "crash", kind: "not-ready", reason: notReadyIn(policy.ready?.timeoutMs ?? 0) };
  return beginStop(policy, state, phase.pid, after, undefined, [{ type: "endReadiness" }, ...endLife(policy)]);
}

function tooLong(policy: Policy): AfterStop {
  return { next: "crash", kind: "run-timeout", reason: `ran longer than ${formatDuration(policy.runTimeoutMs ?? 0)}` };
}

export function whileUp(policy: Policy, state: State, phase: In<"running" | "unhealthy">, event: Event): Step {
  const end: readonly Effect[] = [...endUp(policy), ...endLife(policy)];
  switch (event.type) {
    case "stop":
      return beginStop(policy, state, phase.pid, { next: "stopped" }, event.timeoutMs, end);
    case "restart":
      return beginStop(policy, asked(state), phase.pid, { next: "start" }, undefined, end);
    case "exited":
      return withEffects(end, afterEnd(policy, state, endedByItself(event, event.at), event.roll));
    case "overMemory":
      return beginStop(policy, state, phase.pid, OVER_MEMORY, undefined, end);
    case "elapsed":
      if (event.timer === "run") return beginStop(policy, state, phase.pid, tooLong(policy), undefined, end);
      if (event.timer === "startPeriod") return withoutStartPeriod(state);
      return event.timer === "stable" ? { state: { ...state, attempt: 0 }, effects: [] } : stay(state);
    case "checked":
      return hearOfCheck(policy, state, phase, event, end);
    case "checksChanged":
      return withNewChecks(policy, state, phase);
    case "planned":
    case "runFailed":
      return hearOfRuns(state, event);
    case "due":
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

/** What a process that is kept between its runs tells of them. */
function hearOfRuns(state: State, event: Extract<Event, { type: "planned" | "runFailed" }>): Step {
  const told = event.type === "planned" ? { nextStartAt: event.dueAt } : { lastExit: failedRun(event.reason, event.at) };
  return { state: { ...state, ...told }, effects: [] };
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
    case "checked":
    case "checksChanged":
    case "overMemory":
    case "cleaned":
    case "planned":
    case "due":
    case "runFailed":
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
