import { describe, expect, it } from "vitest";
import { backoffDelay } from "../../../src/core/machine/backoff.ts";
import { reduce } from "../../../src/core/machine/reduce.ts";
import { type Event, INITIAL, type Policy, type State } from "../../../src/core/machine/state.ts";
import { POLICY } from "./table.ts";

const noJitter: Policy = { ...POLICY, backoff: { ...POLICY.backoff, jitter: 0 } };

function feed(policy: Policy, state: State, ...events: readonly Event[]): State {
  return events.reduce((current, event) => reduce(policy, current, event).state, state);
}

/** From the start on: lives `livesMs`, exits 3, waits its delay, and so on. Returns the delays, until it is given up. */
function crashLoop(policy: Policy, livesMs: number, crashes: number): { readonly delays: number[]; readonly state: State } {
  let at = 0;
  let state = feed(policy, INITIAL, { type: "start", at }, { type: "dependenciesMet", at });
  const delays: number[] = [];
  for (let crash = 0; crash < crashes && state.phase.tag === "spawning"; crash++) {
    state = feed(policy, state, { type: "spawned", at, pid: 1 });
    at += livesMs;
    if (livesMs >= policy.backoff.resetAfterMs) state = feed(policy, state, { type: "elapsed", at, timer: "stable" });
    state = feed(policy, state, { type: "exited", at, roll: 0, code: 3, signal: null }, { type: "cleaned", at });
    if (state.phase.tag !== "backoff") break;
    delays.push(state.nextStartAt! - at);
    at = state.nextStartAt!;
    state = feed(policy, state, { type: "elapsed", at, timer: "backoff" });
  }
  return { delays, state };
}

describe("the delay", () => {
  it("is 0.5, 1, 2, 4, 8, 16, 30, 30 s with the defaults", () => {
    expect(crashLoop(noJitter, 10, 8).delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it("lies between its value and 10 % more", () => {
    expect(backoffDelay(POLICY.backoff, 1, 0)).toBe(1_000);
    expect(backoffDelay(POLICY.backoff, 1, 0.999)).toBe(1_100);
  });

  it("stays at its cap however long the loop", () => {
    expect(backoffDelay(POLICY.backoff, 10_000, 0)).toBe(30_000);
  });

  it("is zero for ever where it begins at zero", () => {
    expect(backoffDelay({ ...POLICY.backoff, initialMs: 0 }, 10_000, 0.5)).toBe(0);
  });

  it("begins anew after 30 s of running", () => {
    expect(crashLoop(noJitter, 30_000, 3).delays).toEqual([500, 500, 500]);
  });

  it("does not begin anew after 29 s of running", () => {
    expect(crashLoop(noJitter, 29_000, 3).delays).toEqual([500, 1_000, 2_000]);
  });

  it("begins anew with a start by command", () => {
    const looping = crashLoop(noJitter, 10, 4).state;
    const started = feed(noJitter, looping, { type: "start", at: 1e6 });
    expect(started).toMatchObject({ attempt: 0, restarts: 0 });
  });
});

describe("a restart limit of 5 within a minute", () => {
  const limited: Policy = { ...noJitter, backoff: { ...noJitter.backoff, initialMs: 0 }, maxRestarts: { count: 5, withinMs: 60_000 } };

  it("makes the fifth restart", () => {
    const { state } = crashLoop(limited, 10, 5);
    expect(state).toMatchObject({ phase: { tag: "spawning" }, restarts: 5 });
  });

  it("does not make the sixth: the service is failed", () => {
    const { state, delays } = crashLoop(limited, 10, 6);
    expect(delays).toHaveLength(5);
    expect(state).toMatchObject({ phase: { tag: "failed" }, restarts: 5, gaveUp: "exited 3, after 5 restarts within 1 m" });
  });

  it("counts five restarts in exactly one minute as within no single minute", () => {
    // Restarts at 12, 24, 36, 48, 60 s…: the sixth comes at 72 s, exactly a minute after the first.
    expect(crashLoop(limited, 12_000, 20).state.phase.tag).toBe("spawning");
  });

  it("fails one that restarts a little faster than that", () => {
    expect(crashLoop(limited, 11_999, 20).state.phase.tag).toBe("failed");
  });

  it("keeps no more times than the window holds", () => {
    expect(crashLoop(limited, 12_000, 500).state.restartTimes.length).toBeLessThanOrEqual(5);
  });

  it("keeps no times at all where there is no limit", () => {
    expect(crashLoop(noJitter, 10, 50).state.restartTimes).toEqual([]);
  });
});

describe("what is answered with a restart", () => {
  const end = (policy: Policy, code: number | null, signal: string | null): string => {
    const running = feed(policy, INITIAL, { type: "start", at: 0 }, { type: "dependenciesMet", at: 0 }, { type: "spawned", at: 0, pid: 1 });
    return feed(policy, running, { type: "exited", at: 1, roll: 0, code, signal }, { type: "cleaned", at: 1 }).phase.tag;
  };

  it.each([
    ["on-failure", 0, null, "completed"],
    ["on-failure", 3, null, "backoff"],
    ["on-failure", null, "SIGKILL", "backoff"],
    ["on-failure", null, "SIGTERM", "backoff"],
    ["always", 0, null, "backoff"],
    ["always", 3, null, "backoff"],
    ["never", 0, null, "completed"],
    ["never", 3, null, "failed"],
    ["never", null, "SIGKILL", "failed"],
  ] as const)("restart %s: exit %s %s ends as %s", (restart, code, signal, expected) => {
    expect(end({ ...POLICY, restart }, code, signal)).toBe(expected);
  });

  it("a death by signal is no success, even where 0 is the only success code and the code is null", () => {
    expect(end({ ...POLICY, successExitCodes: [0] }, null, "SIGKILL")).toBe("backoff");
  });
});
