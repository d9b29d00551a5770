import { describe, expect, it } from "vitest";
import { healthOf } from "../../../src/core/machine/health.ts";
import { reduce } from "../../../src/core/machine/reduce.ts";
import { type Effect, type Event, INITIAL, type Phase, type Policy, type State, type TimerName } from "../../../src/core/machine/state.ts";
import { fc } from "../../helpers/fast-check.ts";
import { HEALTH_IGNORED, POLICY, WITH_HEALTH, WITH_READY, WITH_SCHEDULE } from "./table.ts";

/** A world that carries out effects by remembering them, and offers only the facts that could happen in it. */
interface Model {
  state: State;
  now: number;
  child: number | null;
  spawnQueued: boolean;
  cleaning: boolean;
  watching: boolean;
  /** Its health is being checked. */
  checking: boolean;
  /** A planner works out, and then waits for, the next run. */
  planning: boolean;
  readonly timers: Set<TimerName>;
  /** The last word of a command: should it run in the end? */
  wanted: boolean;
}

type Choice = { readonly pick: number; readonly roll: number };

const NEEDS_TIMER: Readonly<Partial<Record<Phase["tag"], TimerName>>> = { stopping: "kill", running: "stable" };

function possible(model: Model, roll: number): Event[] {
  const at = model.now;
  const events: Event[] = [
    { type: "start", at },
    { type: "start", at, now: true },
    { type: "stop", at },
    { type: "stop", at, timeoutMs: 0 },
    { type: "restart", at },
  ];
  if (model.state.phase.tag === "waiting")
    events.push({ type: "dependenciesMet", at }, { type: "dependencyFailed", at, reason: "db failed" });
  if (model.spawnQueued) {
    events.push({ type: "spawned", at, pid: 1 });
    for (const code of ["ENOENT", "EAGAIN", "ABORTED"])
      events.push({ type: "spawnFailed", at, roll, code, subject: "x", about: "program" });
  }
  if (model.watching) events.push({ type: "ready", at });
  if (model.child !== null) {
    events.push({ type: "exited", at, roll, code: 0, signal: null }, { type: "exited", at, roll, code: 3, signal: null });
    events.push({ type: "exited", at, roll, code: null, signal: "SIGKILL" });
  }
  if (model.child !== null) events.push({ type: "overMemory", at });
  if (model.checking) {
    for (const why of [null, "it is ill"])
      events.push({ type: "checked", at, check: "probe", why }, { type: "checked", at, check: "eventLoop", why });
  }
  events.push({ type: "checksChanged", at });
  if (model.planning) events.push({ type: "planned", at, dueAt: at + 1000 }, { type: "due", at });
  if (model.cleaning) events.push({ type: "cleaned", at });
  for (const timer of model.timers) events.push({ type: "elapsed", at, timer });
  return events;
}

function happen(model: Model, policy: Policy, event: Event): void {
  if (event.type === "spawned") {
    model.spawnQueued = false;
    model.child = event.pid;
  }
  if (event.type === "spawnFailed") model.spawnQueued = false;
  if (event.type === "exited") model.child = null;
  if (event.type === "cleaned") model.cleaning = false;
  if (event.type === "due") model.planning = false;
  if (event.type === "elapsed") model.timers.delete(event.timer);
  if (event.type === "start" || event.type === "restart") model.wanted = true;
  if (event.type === "stop") model.wanted = false;
  const step = reduce(policy, model.state, event);
  model.state = step.state;
  for (const effect of step.effects) carryOut(model, effect);
}

function carryOut(model: Model, effect: Effect): void {
  switch (effect.type) {
    case "spawn":
      expect(model.wanted, "no spawn after a stop").toBe(true);
      expect(model.child, "one child at most").toBeNull();
      expect(model.spawnQueued, "one start at most").toBe(false);
      expect(model.cleaning, "no start before the old tree is gone").toBe(false);
      model.spawnQueued = true;
      return;
    case "clean":
      expect(model.child).toBeNull();
      model.cleaning = true;
      return;
    case "killRest":
      expect(model.cleaning, "only a tree that is being cleaned up is killed").toBe(true);
      return;
    case "kill":
    case "askToStop":
      expect(model.child, "only a living process is signalled").toBe(effect.pid);
      return;
    case "planRun":
      expect(model.child, "no run is planned while one goes on").toBeNull();
      model.planning = true;
      return;
    case "cancelRun":
      expect(model.planning).toBe(true);
      model.planning = false;
      return;
    case "watchReadiness":
      model.watching = true;
      return;
    case "endReadiness":
      model.watching = false;
      return;
    case "watchHealth":
      expect(model.checking, "never two checks at a time").toBe(false);
      model.checking = true;
      return;
    case "endHealth":
      model.checking = false;
      return;
    case "arm":
      model.timers.add(effect.timer);
      return;
    case "disarm":
      model.timers.delete(effect.timer);
      return;
    case "cancelSpawn":
      expect(model.spawnQueued).toBe(true);
  }
}

function checkInvariants(model: Model, policy: Policy): void {
  const { phase } = model.state;
  const living = "pid" in phase;
  expect(living, `a process lives in ${phase.tag}`).toBe(model.child !== null);
  expect(phase.tag === "spawning").toBe(model.spawnQueued);
  expect(phase.tag === "starting").toBe(model.watching);
  expect(phase.tag === "scheduled").toBe(model.planning);
  const up = phase.tag === "running" || phase.tag === "unhealthy";
  expect(model.checking).toBe(up && policy.health !== null);
  if (up) expect(phase.tag === "unhealthy").toBe(healthOf(policy, model.state) === false);
  // The limit of a run and the start period may stand beside the timer of the phase, and may be over already.
  const timers = [...model.timers].filter((timer) => timer !== "run" && timer !== "startPeriod");
  if (phase.tag !== "starting" && !up) expect([...model.timers]).toEqual(timers);
  if (phase.tag === "unhealthy") expect(timers, "an ill process is not stable").toEqual([]);
  const timer = NEEDS_TIMER[phase.tag];
  if (timer !== undefined && !(phase.tag === "running" && timers.length === 0)) expect(timers).toEqual([timer]);
  if (phase.tag === "starting") expect(timers).toEqual(["ready"]);
  if (phase.tag === "backoff") {
    expect(timers).toEqual(phase.due ? [] : ["backoff"]);
    expect(phase.cleaned).toBe(!model.cleaning);
    expect(phase.cleaned && phase.due, "both done means started").toBe(false);
    expect(model.state.nextStartAt).not.toBeNull();
  } else if (phase.tag !== "scheduled") {
    expect(model.state.nextStartAt, `no next start in ${phase.tag}`).toBeNull();
  }
  if (phase.tag === "cleaning") {
    expect(model.cleaning).toBe(true);
    expect([...model.timers]).toEqual(phase.patient ? ["kill"] : []);
  }
  if (["stopped", "waiting", "completed", "failed", "skipped"].includes(phase.tag)) {
    expect([...model.timers], `no timer in ${phase.tag}`).toEqual([]);
    expect(model.cleaning, `nothing left to clean in ${phase.tag}`).toBe(false);
  }
  expect(model.state.gaveUp !== null).toBe(
    phase.tag === "failed" || phase.tag === "skipped" || (phase.tag === "cleaning" && phase.after === "failed"),
  );
  if (!model.wanted) expect(["running", "unhealthy", "starting", "waiting", "backoff"]).not.toContain(phase.tag);
}

const policies: readonly Policy[] = [
  POLICY,
  WITH_READY,
  { ...POLICY, restart: "always", backoff: { ...POLICY.backoff, initialMs: 0 } },
  { ...WITH_READY, restart: "never", stop: { timeoutMs: 0 } },
  WITH_SCHEDULE,
  { ...WITH_SCHEDULE, ready: WITH_READY.ready, restart: "always" },
  { ...WITH_READY, restart: "always", maxRestarts: { count: 2, withinMs: 60_000 } },
  { ...WITH_HEALTH, ready: WITH_READY.ready },
  { ...WITH_HEALTH, health: { ...WITH_HEALTH.health!, startPeriodMs: 0, retries: 1 }, restart: "never" },
  { ...HEALTH_IGNORED, ready: WITH_READY.ready, restart: "always" },
  { ...HEALTH_IGNORED, ...WITH_SCHEDULE, health: HEALTH_IGNORED.health },
];

describe("a random walk through a life", () => {
  it("keeps one child at most, a timer in every waiting phase, none in a final one, and never starts after a stop", () => {
    const choice: fc.Arbitrary<Choice> = fc.record({ pick: fc.nat(), roll: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }) });
    const walk = fc.array(choice, { maxLength: 120, size: "max" });
    fc.assert(
      fc.property(fc.constantFrom(...policies), walk, (policy, choices) => {
        const model: Model = {
          state: INITIAL,
          now: 0,
          child: null,
          spawnQueued: false,
          cleaning: false,
          watching: false,
          checking: false,
          planning: false,
          timers: new Set(),
          wanted: false,
        };
        for (const { pick, roll } of choices) {
          model.now += 1 + (pick % 4_000);
          const events = possible(model, roll);
          happen(model, policy, events[pick % events.length]!);
          checkInvariants(model, policy);
        }
      }),
      { numRuns: 400 },
    );
  });
});
