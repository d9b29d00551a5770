import type { AfterStop, Effect, HealthPolicy, Phase, Policy, State, Step, TimerName } from "./state.ts";

/** The building blocks of a transition. */

/** How long svc waits after SIGKILL before it sends it once more: a process in uninterruptible sleep outlives the first. */
export const KILL_AGAIN_MS = 5_000;

export type In<Tag extends Phase["tag"]> = Extract<Phase, { tag: Tag }>;

export function to(state: State, phase: Phase, effects: readonly Effect[] = []): Step {
  const gaveUp = hasGivenUp(phase) ? state.gaveUp : null;
  return { state: { ...state, phase, gaveUp, nextStartAt: looksAhead(phase) ? state.nextStartAt : null }, effects };
}

export function stay(state: State): Step {
  return { state, effects: [] };
}

export function withEffects(first: readonly Effect[], step: Step): Step {
  return { state: step.state, effects: [...first, ...step.effects] };
}

/** A start by command zeroes the delay, the window and the count of restarts. */
export function asked(state: State): State {
  return { ...state, attempt: 0, restarts: 0, restartTimes: [] };
}

/** The polite stop of a living process, with its kill timer; a timeout of zero kills at once. */
export function beginStop(
  policy: Policy,
  state: State,
  pid: number,
  after: AfterStop,
  timeoutMs?: number,
  first: readonly Effect[] = [],
): Step {
  const limit = timeoutMs ?? policy.stop.timeoutMs;
  const phase: In<"stopping"> = { tag: "stopping", pid, after, killed: false, timeoutMs: limit };
  if (limit === 0) return withEffects(first, kill(state, phase));
  return to(state, phase, [...first, { type: "askToStop", pid }, { type: "arm", timer: "kill", ms: limit }]);
}

export function kill(state: State, phase: In<"stopping">): Step {
  const effects: Effect[] = [
    { type: "kill", pid: phase.pid },
    { type: "arm", timer: "kill", ms: KILL_AGAIN_MS },
  ];
  return to(state, { ...phase, killed: true }, effects);
}

export function stableTimer(policy: Policy): Effect {
  return { type: "arm", timer: "stable", ms: policy.backoff.resetAfterMs };
}

/** A process for each run: what ends is a run, and the schedule goes on. */
export function runsByProcess(policy: Policy): boolean {
  return policy.schedule !== null && policy.work.kind === "command";
}

/** The timers that run from the beginning of a process, ready or not. */
export function beginLife(policy: Policy): readonly Effect[] {
  return lifeTimers(policy).map(([timer, ms]) => ({ type: "arm", timer, ms }));
}

export function endLife(policy: Policy): readonly Effect[] {
  return lifeTimers(policy).map(([timer]) => ({ type: "disarm", timer }));
}

function lifeTimers(policy: Policy): readonly (readonly [TimerName, number])[] {
  const timers: (readonly [TimerName, number])[] = [];
  if (runsByProcess(policy) && policy.runTimeoutMs !== null) timers.push(["run", policy.runTimeoutMs]);
  if (hasStartPeriod(policy.health)) timers.push(["startPeriod", policy.health.startPeriodMs]);
  return timers;
}

export function hasStartPeriod(health: HealthPolicy | null): health is HealthPolicy {
  return health !== null && health.startPeriodMs > 0;
}

export function planNextRun(state: State): Step {
  return to(state, { tag: "scheduled" }, [{ type: "planRun", first: false }]);
}

/** Phases in which a next start, or a next run, may be planned. */
function looksAhead(phase: Phase): boolean {
  return phase.tag === "backoff" || phase.tag === "scheduled" || phase.tag === "starting" || isUp(phase);
}

export function isUp(phase: Phase): phase is In<"running" | "unhealthy"> {
  return phase.tag === "running" || phase.tag === "unhealthy";
}

function hasGivenUp(phase: Phase): boolean {
  return phase.tag === "failed" || phase.tag === "skipped" || (phase.tag === "cleaning" && phase.after === "failed");
}
