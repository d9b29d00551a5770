import { reduce } from "../../../src/core/machine/reduce.ts";
import {
  type Check,
  type Checks,
  type Effect,
  type Event,
  INITIAL,
  type Phase,
  type Policy,
  type State,
  type Step,
} from "../../../src/core/machine/state.ts";

/** The samples from which the state × event table, the walk and the README's diagram are made. */

export const POLICY: Policy = {
  restart: "on-failure",
  successExitCodes: [0],
  backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0.1, resetAfterMs: 30_000 },
  maxRestarts: null,
  stop: { timeoutMs: 5_000 },
  ready: null,
  health: null,
  work: { kind: "command" },
  schedule: null,
  runTimeoutMs: null,
};

export const WITH_READY: Policy = { ...POLICY, ready: { timeoutMs: 30_000 } };

/** A command that gets a process for each run. */
export const WITH_SCHEDULE: Policy = { ...POLICY, schedule: {}, runTimeoutMs: 60_000 };

/** With a probe and an event loop to ask. */
export const WITH_HEALTH: Policy = {
  ...POLICY,
  health: { probe: {}, eventLoopMs: 5_000, retries: 3, startPeriodMs: 60_000, onFailure: "restart" },
};

/** What is unhealthy goes on. */
export const HEALTH_IGNORED: Policy = { ...WITH_HEALTH, health: { ...WITH_HEALTH.health!, onFailure: "ignore" } };

/** All of them, for what concerns every transition that there is. */
export const SAMPLES: readonly Policy[] = [POLICY, WITH_READY, WITH_SCHEDULE, WITH_HEALTH, HEALTH_IGNORED];

const PID = 100;
const crash = { next: "crash", kind: "not-ready", reason: "not ready in 30 s" } as const;
const stopping = { tag: "stopping", pid: PID, killed: false, timeoutMs: 5_000 } as const;

export const PHASES: readonly Phase[] = [
  { tag: "stopped" },
  { tag: "waiting" },
  { tag: "waiting", now: true },
  { tag: "scheduled" },
  { tag: "spawning", stop: null },
  { tag: "spawning", stop: { timeoutMs: 5_000 } },
  { tag: "starting", pid: PID },
  { tag: "running", pid: PID },
  { tag: "unhealthy", pid: PID, reason: "GET / answered 503" },
  { ...stopping, after: { next: "stopped" } },
  { ...stopping, after: { next: "start" } },
  { ...stopping, after: crash },
  { ...stopping, after: { next: "stopped" }, killed: true },
  { ...stopping, after: crash, killed: true },
  { tag: "cleaning", after: "stopped", patient: true },
  { tag: "cleaning", after: "start", patient: true },
  { tag: "cleaning", after: "stopped", patient: false },
  { tag: "cleaning", after: "start", patient: false },
  { tag: "cleaning", after: "completed", patient: false },
  { tag: "cleaning", after: "failed", patient: false },
  { tag: "cleaning", after: "scheduled", patient: false },
  { tag: "backoff", cleaned: false, due: false },
  { tag: "backoff", cleaned: true, due: false },
  { tag: "backoff", cleaned: false, due: true },
  { tag: "completed" },
  { tag: "failed" },
  { tag: "skipped" },
];

const at = 1_000_000;
const roll = 0.5;

export const EVENTS: readonly Event[] = [
  { type: "start", at },
  { type: "start", at, now: true },
  { type: "stop", at },
  { type: "stop", at, timeoutMs: 0 },
  { type: "restart", at },
  { type: "dependenciesMet", at },
  { type: "dependencyFailed", at, reason: "db failed" },
  { type: "spawned", at, pid: PID },
  { type: "spawnFailed", at, roll, code: "ENOENT", subject: "node", about: "program" },
  { type: "spawnFailed", at, roll, code: "EAGAIN", subject: "node", about: "program" },
  { type: "spawnFailed", at, roll, code: "ABORTED", subject: "", about: "program" },
  { type: "ready", at },
  { type: "checked", at, check: "probe", why: null },
  { type: "checked", at, check: "probe", why: "GET / answered 503" },
  { type: "checked", at, check: "eventLoop", why: "its event loop did not turn in 5 s" },
  { type: "checksChanged", at },
  { type: "overMemory", at },
  { type: "exited", at, roll, code: 0, signal: null },
  { type: "exited", at, roll, code: 3, signal: null },
  { type: "exited", at, roll, code: null, signal: "SIGKILL" },
  { type: "cleaned", at },
  { type: "planned", at, dueAt: 1_060_000 },
  { type: "due", at },
  { type: "runFailed", at, reason: "a run threw Error: boom" },
  { type: "elapsed", at, timer: "ready" },
  { type: "elapsed", at, timer: "stable" },
  { type: "elapsed", at, timer: "backoff" },
  { type: "elapsed", at, timer: "kill" },
  { type: "elapsed", at, timer: "run" },
  { type: "elapsed", at, timer: "startPeriod" },
];

/** A state with a past, so that the table shows what each transition keeps and what it clears. */
export function stateIn(phase: Phase): State {
  const gaveUp = phase.tag === "failed" || phase.tag === "skipped" || (phase.tag === "cleaning" && phase.after === "failed");
  return {
    ...INITIAL,
    phase,
    attempt: 2,
    restarts: 7,
    startedAt: 900_000,
    nextStartAt: phase.tag === "backoff" || phase.tag === "scheduled" ? 1_001_000 : null,
    gaveUp: gaveUp ? "exited 1" : null,
    checks: checksIn(phase),
  };
}

/** One failure before the probe's last, where the process is up. */
function checksIn(phase: Phase): Checks {
  const unhealthy = phase.tag === "unhealthy";
  const probe = { well: !unhealthy, failures: unhealthy ? 3 : 2, last: null };
  const unknown = { well: null, failures: 0, last: null };
  return phase.tag === "starting"
    ? { startPeriod: true, probe: unknown, eventLoop: unknown }
    : { startPeriod: false, probe, eventLoop: { well: true, failures: 0, last: null } };
}

export interface Cell {
  readonly from: State;
  readonly event: Event;
  readonly step: Step;
}

export function cells(policy: Policy): Cell[] {
  return PHASES.flatMap((phase) =>
    EVENTS.map((event) => {
      const from = stateIn(phase);
      return { from, event, step: reduce(policy, from, event) };
    }),
  );
}

export function printPhase(phase: Phase): string {
  const { tag, ...rest } = phase;
  const facts = Object.entries(rest).map(([key, value]) => `${key}=${printFact(value)}`);
  return facts.length === 0 ? tag : `${tag}(${facts.join(" ")})`;
}

function printFact(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return "next" in value ? String(value.next) : Object.values(value).join(" ");
}

export function printEvent(event: Event): string {
  switch (event.type) {
    case "stop":
      return event.timeoutMs === undefined ? "stop" : `stop within ${event.timeoutMs}`;
    case "start":
      return event.now ? "start now" : "start";
    case "exited":
      return `exited ${event.signal ?? event.code}`;
    case "spawnFailed":
      return `spawnFailed ${event.code}`;
    case "elapsed":
      return `elapsed ${event.timer}`;
    case "checked":
      return `${event.check} ${event.why === null ? "passed" : "failed"}`;
    default:
      return event.type;
  }
}

export function printEffect(effect: Effect): string {
  if (effect.type === "arm") return `arm ${effect.timer} ${effect.ms}`;
  if (effect.type === "disarm") return `disarm ${effect.timer}`;
  if (effect.type === "planRun") return effect.first ? "planRun first" : "planRun";
  return effect.type;
}

/** Everything but the phase, as far as it differs from the state before. */
export function printMemory(from: State, state: State): string {
  const keys = ["attempt", "restarts", "restartTimes", "startedAt", "nextStartAt", "gaveUp"] as const;
  const changed = keys.filter((key) => JSON.stringify(from[key]) !== JSON.stringify(state[key]));
  const facts = changed.map((key) => `${key}=${JSON.stringify(state[key])}`);
  if (printChecks(from.checks) !== printChecks(state.checks)) facts.push(`checks=${printChecks(state.checks)}`);
  if (state.lastExit !== from.lastExit) facts.push(`lastExit=${JSON.stringify(state.lastExit?.reason)} (${state.lastExit?.kind})`);
  return facts.join(" ");
}

function printChecks(checks: Checks | null): string {
  if (checks === null) return "none";
  const [probe, eventLoop] = [checks.probe, checks.eventLoop].map(printCheck);
  return `(probe ${probe}, event loop ${eventLoop}${checks.startPeriod ? ", start period" : ""})`;
}

function printCheck({ well, failures }: Check): string {
  const verdict = well === null ? "unknown" : well ? "well" : "failing";
  return failures === 0 ? verdict : `${verdict} ${failures}×`;
}
