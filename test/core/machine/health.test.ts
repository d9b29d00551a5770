import { describe, expect, it } from "vitest";
import { announce } from "../../../src/core/announce.ts";
import { healthOf } from "../../../src/core/machine/health.ts";
import { reduce } from "../../../src/core/machine/reduce.ts";
import { type Event, type HealthPolicy, INITIAL, type Policy, type State } from "../../../src/core/machine/state.ts";
import { POLICY, WITH_READY } from "./table.ts";

const health: HealthPolicy = { probe: {}, eventLoopMs: null, retries: 3, startPeriodMs: 0, onFailure: "restart" };
const withHealth = (more: Partial<HealthPolicy> = {}): Policy => ({ ...POLICY, health: { ...health, ...more } });

const at = 1_000;
const passed: Event = { type: "checked", at, check: "probe", why: null };
const failed: Event = { type: "checked", at, check: "probe", why: "GET / answered 503" };
const loopTurns: Event = { type: "checked", at, check: "eventLoop", why: null };
const loopStands: Event = { type: "checked", at, check: "eventLoop", why: "its event loop did not turn in 5 s" };

function feed(policy: Policy, state: State, ...events: readonly Event[]): State {
  return events.reduce((current, event) => reduce(policy, current, event).state, state);
}

function running(policy: Policy): State {
  return feed(policy, INITIAL, { type: "start", at: 0 }, { type: "dependenciesMet", at: 0 }, { type: "spawned", at: 0, pid: 7 });
}

const hearing = (policy: Policy, ...events: readonly Event[]): State => feed(policy, running(policy), ...events);

describe("failures in a row", () => {
  it("do nothing below the number of retries", () => {
    expect(hearing(withHealth(), failed, failed).phase).toEqual({ tag: "running", pid: 7 });
  });

  it("stop the process when they reach it, with a reason", () => {
    const crash = { next: "crash", kind: "unhealthy", reason: "unhealthy: GET / answered 503, 3 times in a row" };
    expect(hearing(withHealth(), failed, failed, failed).phase).toMatchObject({ tag: "stopping", after: crash });
  });

  it("begin anew after a success: flapping does nothing", () => {
    const flapping = Array.from({ length: 30 }, (_, index) => (index % 3 === 2 ? passed : failed));
    expect(hearing(withHealth(), ...flapping).phase.tag).toBe("running");
  });

  it("are not called a row where one is enough", () => {
    const state = hearing(withHealth({ retries: 1 }), failed);
    expect(state.phase).toMatchObject({ after: { reason: "unhealthy: GET / answered 503" } });
  });

  it("do not outlive their process", () => {
    const policy: Policy = { ...withHealth(), backoff: { ...POLICY.backoff, initialMs: 0 } };
    const ill = hearing(policy, failed, failed, { type: "exited", at, roll: 0, code: 1, signal: null }, { type: "cleaned", at });
    const again = feed(policy, ill, { type: "elapsed", at, timer: "backoff" }, { type: "spawned", at, pid: 8 }, failed);
    expect(again.phase).toEqual({ tag: "running", pid: 8 });
  });
});

describe("the restart of an unhealthy service", () => {
  const exited: Event = { type: "exited", at, roll: 0, code: 0, signal: null };
  const ill = [failed, failed, failed, exited] as const;

  it("is delayed and counted like one after a crash, whatever its exit code", () => {
    const state = hearing(withHealth(), ...ill);
    expect(state).toMatchObject({ phase: { tag: "backoff" }, attempt: 1, nextStartAt: at + 500 });
    expect(state.lastExit).toMatchObject({ kind: "unhealthy", code: 0, reason: "unhealthy: GET / answered 503, 3 times in a row" });
    const again = feed(withHealth(), state, { type: "cleaned", at }, { type: "elapsed", at, timer: "backoff" });
    expect(again).toMatchObject({ phase: { tag: "spawning" }, restarts: 1 });
  });

  it("is not made where nothing is restarted: it has failed", () => {
    const state = hearing({ ...withHealth(), restart: "never" }, ...ill, { type: "cleaned", at });
    expect(state).toMatchObject({ phase: { tag: "failed" }, gaveUp: "unhealthy: GET / answered 503, 3 times in a row" });
  });

  it("is announced with its reason", () => {
    const before = hearing(withHealth(), failed, failed, failed);
    expect(announce("web", hearing(withHealth(), failed, failed), before, failed)).toBe(
      "stopping web (unhealthy: GET / answered 503, 3 times in a row)",
    );
    expect(announce("web", before, feed(withHealth(), before, exited), exited)).toBe(
      "web unhealthy: GET / answered 503, 3 times in a row, restarting in 500 ms",
    );
  });
});

describe.each(["ignore", "shutdown"] as const)("onFailure %s", (onFailure) => {
  const policy = withHealth({ onFailure });

  it("leaves the process alone, and shows it as unhealthy until a check passes", () => {
    const ill = hearing(policy, failed, failed, failed);
    expect(ill.phase).toEqual({ tag: "unhealthy", pid: 7, reason: "GET / answered 503, 3 times in a row" });
    expect(healthOf(policy, ill)).toBe(false);
    expect(feed(policy, ill, failed).phase).toEqual(ill.phase);
    const well = feed(policy, ill, passed);
    expect(well.phase).toEqual({ tag: "running", pid: 7 });
    expect(healthOf(policy, well)).toBe(true);
    expect(announce("web", running(policy), ill, failed)).toBe("web is unhealthy: GET / answered 503, 3 times in a row");
    expect(announce("web", ill, well, passed)).toBe("web is healthy again");
  });
});

describe("the start period", () => {
  const policy = withHealth({ startPeriodMs: 60_000, retries: 1 });
  const over: Event = { type: "elapsed", at, timer: "startPeriod" };

  it("lets failures count for nothing", () => {
    expect(hearing(policy, failed, failed, failed).phase.tag).toBe("running");
  });

  it("ends with its time: failures count from then on", () => {
    expect(hearing(policy, failed, over).phase.tag).toBe("running");
    expect(hearing(policy, failed, over, failed).phase.tag).toBe("stopping");
  });

  it("ends with the first success", () => {
    expect(hearing(policy, failed, passed, failed).phase.tag).toBe("stopping");
  });

  it("runs from the start of the process, ready or not", () => {
    const slow: Policy = { ...policy, ready: WITH_READY.ready };
    expect(hearing(slow, over, { type: "ready", at }, failed).phase.tag).toBe("stopping");
  });

  it("is not ended for one check by the success of another", () => {
    const both = withHealth({ startPeriodMs: 60_000, retries: 1, eventLoopMs: 5_000 });
    expect(hearing(both, loopTurns, failed).phase.tag).toBe("running");
  });
});

describe("the event loop", () => {
  it("needs one failure only, whatever the number of retries", () => {
    const policy = withHealth({ probe: null, eventLoopMs: 5_000 });
    const reason = "unhealthy: its event loop did not turn in 5 s";
    expect(hearing(policy, loopTurns, loopStands).phase).toMatchObject({ tag: "stopping", after: { kind: "unhealthy", reason } });
  });

  it("does not add its failures to those of the probe", () => {
    const policy = withHealth({ eventLoopMs: 5_000, onFailure: "ignore" });
    const ill = hearing(policy, failed, failed, loopStands, loopTurns);
    expect(ill.phase.tag).toBe("running");
    expect(feed(policy, ill, failed).phase.tag).toBe("unhealthy");
  });

  it("that turns again makes nothing healthy whose probe fails", () => {
    const policy = withHealth({ eventLoopMs: 5_000, onFailure: "ignore" });
    expect(hearing(policy, failed, failed, failed, loopStands, loopTurns).phase.tag).toBe("unhealthy");
  });
});

describe("healthy", () => {
  it("is null without a check, before the first verdict, and without a process", () => {
    expect(healthOf(POLICY, running(POLICY))).toBeNull();
    expect(healthOf(withHealth(), running(withHealth()))).toBeNull();
    expect(healthOf(withHealth(), hearing(withHealth(), failed))).toBeNull();
    const ended = hearing(withHealth(), passed, { type: "exited", at, roll: 0, code: 0, signal: null });
    expect(healthOf(withHealth(), ended)).toBeNull();
  });

  it("needs each check to have passed", () => {
    const both = withHealth({ eventLoopMs: 5_000 });
    expect(healthOf(both, hearing(both, passed))).toBeNull();
    expect(healthOf(both, hearing(both, passed, loopTurns))).toBe(true);
  });

  it("is false while an unhealthy process is being stopped", () => {
    expect(healthOf(withHealth(), hearing(withHealth(), failed, failed, failed))).toBe(false);
  });
});

describe("other checks than before", () => {
  it("begin anew, in place of the old ones", () => {
    const policy = withHealth();
    const step = reduce(policy, hearing(policy, failed, failed), { type: "checksChanged", at });
    expect(step.effects.map((effect) => effect.type)).toEqual(["disarm", "endHealth", "watchHealth"]);
    expect(feed(policy, step.state, failed).phase.tag).toBe("running");
  });

  it("make nothing of an illness that the old ones found", () => {
    const ill = hearing(withHealth({ onFailure: "ignore" }), failed, failed, failed);
    const step = reduce(POLICY, ill, { type: "checksChanged", at });
    expect(step.state).toMatchObject({ phase: { tag: "running" }, checks: null });
    expect(announce("web", ill, step.state, { type: "checksChanged", at })).toBeNull();
  });
});
