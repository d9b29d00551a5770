import type { AfterStop, Check, Checks, Effect, Event, HealthPolicy, Phase, Policy, State, Step } from "./state.ts";
import { beginStop, hasStartPeriod, type In, isUp, stableTimer, to } from "./steps.ts";

/** Whether a process that is up still works: what its health checks find, and what follows. */

export function newChecks({ health }: Pick<Policy, "health">): Checks | null {
  return health === null ? null : { startPeriod: hasStartPeriod(health), probe: UNCHECKED, eventLoop: UNCHECKED };
}

const UNCHECKED: Check = { well: null, failures: 0, last: null };

/** null without a check, before the first verdict of each, and without a process. */
export function healthOf({ health }: Pick<Policy, "health">, { phase, checks }: State): boolean | null {
  if (health === null || checks === null || !("pid" in phase)) return null;
  const verdicts = [...(health.probe === null ? [] : [checks.probe.well]), ...(health.eventLoopMs === null ? [] : [checks.eventLoop.well])];
  if (verdicts.includes(false)) return false;
  return verdicts.includes(null) ? null : true;
}

/** From the moment the process is up; a delay that has grown is forgotten after a while of being well. */
export function beginUp(policy: Policy): readonly Effect[] {
  return policy.health === null ? [stableTimer(policy)] : [stableTimer(policy), { type: "watchHealth" }];
}

export function endUp(policy: Policy): readonly Effect[] {
  return policy.health === null ? [DISARM_STABLE] : [DISARM_STABLE, { type: "endHealth" }];
}

const DISARM_STABLE: Effect = { type: "disarm", timer: "stable" };

/** `end`: what ends with the process's being up, where this check is the end of it. */
export function hearOfCheck(
  policy: Policy,
  state: State,
  phase: In<"running" | "unhealthy">,
  event: Extract<Event, { type: "checked" }>,
  end: readonly Effect[],
): Step {
  const { health } = policy;
  if (health === null || state.checks === null) return { state, effects: [] };
  const check = weigh(health, state.checks, event);
  const known = { ...state, checks: { ...state.checks, [event.check]: check } };
  const isWell = healthOf(policy, known) !== false;
  if (phase.tag === "unhealthy") return isWell ? to(known, { tag: "running", pid: phase.pid }, [stableTimer(policy)]) : to(known, phase);
  if (isWell) return { state: known, effects: [] };
  const reason = `${event.why}${check.failures === 1 ? "" : `, ${check.failures} times in a row`}`;
  if (health.onFailure !== "restart") return to(known, { tag: "unhealthy", pid: phase.pid, reason }, [DISARM_STABLE]);
  const crash: AfterStop = { next: "crash", kind: "unhealthy", reason: `unhealthy: ${reason}` };
  return beginStop(policy, known, phase.pid, crash, undefined, end);
}

function weigh(health: HealthPolicy, checks: Checks, { at, check: name, why }: Extract<Event, { type: "checked" }>): Check {
  const before = checks[name];
  const last = { at, why };
  if (why === null) return { well: true, failures: 0, last };
  // A success ends the start period.
  if (checks.startPeriod && before.well === null) return { ...before, last };
  const failures = before.failures + 1;
  // The event loop's limit is a time that one failure has used up.
  const limit = name === "eventLoop" ? 1 : health.retries;
  return { well: failures >= limit ? false : before.well, failures, last };
}

/** The checks begin anew, and with them their start period. */
export function withNewChecks(policy: Policy, state: State, phase: Phase): Step {
  const timer: Effect = hasStartPeriod(policy.health)
    ? { type: "arm", timer: "startPeriod", ms: policy.health.startPeriodMs }
    : { type: "disarm", timer: "startPeriod" };
  const fresh = { ...state, checks: newChecks(policy) };
  if (!isUp(phase)) return { state: fresh, effects: [timer] };
  const watch: readonly Effect[] = policy.health === null ? [] : [{ type: "watchHealth" }];
  const stable = phase.tag === "unhealthy" ? [stableTimer(policy)] : [];
  return to(fresh, { tag: "running", pid: phase.pid }, [timer, ...stable, { type: "endHealth" }, ...watch]);
}

export function withoutStartPeriod(state: State): Step {
  return { state: { ...state, checks: state.checks && { ...state.checks, startPeriod: false } }, effects: [] };
}
