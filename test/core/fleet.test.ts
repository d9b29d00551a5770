import { describe, expect, it } from "vitest";
import { type Fleet, type FleetEffect, type FleetEvent, reduceFleet, type StopSignal, timeLeft } from "../../src/core/fleet.ts";
import { fc } from "../helpers/fast-check.ts";

const D = 9_000;
const up: Fleet = { tag: "up" };

function feed(fleet: Fleet, ...events: readonly FleetEvent[]): { readonly fleet: Fleet; readonly effects: readonly FleetEffect[] } {
  let current = { fleet, effects: [] as readonly FleetEffect[] };
  for (const event of events) current = reduceFleet(D, current.fleet, event);
  return current;
}

const signalled = (signal: StopSignal, at = 0): FleetEvent => ({ type: "signalled", at, signal });
const exit = (code: number) => ({ type: "exit", code, withinMs: expect.any(Number) });
const allDown: FleetEvent = { type: "allDown", at: 0 };

describe("the supervisor's own exit code", () => {
  it.each([
    ["SIGTERM", 0],
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
  ] as const)("%s ends in %i", (signal, code) => {
    expect(feed(up, signalled(signal), allDown).effects).toContainEqual(exit(code));
  });

  it("is 0 after a stop by command", () => {
    expect(feed(up, { type: "stopCommanded", at: 0, now: false, timeoutMs: null }, allDown).effects).toContainEqual(exit(0));
  });

  it("is 0 when everything completed, 1 when something did not", () => {
    expect(feed(up, { type: "settled", at: 0, allCompleted: true }).effects).toEqual([exit(0)]);
    expect(feed(up, { type: "settled", at: 0, allCompleted: false }).effects).toEqual([exit(1)]);
  });

  it("is the essential service's, and the first end decides", () => {
    const ended: FleetEvent = { type: "essentialEnded", at: 0, exitCode: 3, why: "web is essential" };
    expect(feed(up, ended, { ...ended, exitCode: 4 }, allDown).effects).toContainEqual(exit(3));
    expect(feed(up, ended).effects).toContainEqual({ type: "stopInOrder", why: "web is essential" });
    expect(feed(up, signalled("SIGTERM"), ended, allDown).effects).toContainEqual(exit(0));
    expect(feed(up, ended, signalled("SIGINT"), allDown).effects).toContainEqual(exit(3));
  });
});

describe("a shutdown", () => {
  it("gives up the order a quarter of its time before its end, at most 2 s", () => {
    expect(feed(up, signalled("SIGTERM")).effects).toEqual([
      { type: "arm", timer: "rest", ms: 7_000 },
      { type: "arm", timer: "deadline", ms: 9_000 },
      { type: "stopInOrder", why: null },
    ]);
    expect(reduceFleet(4_000, up, signalled("SIGTERM")).effects[0]).toEqual({ type: "arm", timer: "rest", ms: 3_000 });
  });

  it("kills at the deadline and is gone half a second later, whatever still lives", () => {
    const atDeadline = feed(up, signalled("SIGTERM"), { type: "elapsed", at: D, timer: "deadline" });
    expect(atDeadline.effects).toContainEqual({ type: "killAll" });
    expect(atDeadline.effects).toContainEqual({ type: "arm", timer: "grace", ms: 500 });
    expect(feed(atDeadline.fleet, { type: "elapsed", at: D + 500, timer: "grace" }).effects).toEqual([exit(0)]);
  });

  it("kills at once on the second signal, whichever of SIGTERM, SIGINT and SIGQUIT it is", () => {
    expect(feed(up, signalled("SIGTERM"), signalled("SIGINT")).effects).toContainEqual({ type: "killAll" });
  });

  it("is not made a kill by a SIGHUP, neither as the first of two signals nor as the second", () => {
    for (const signals of [
      ["SIGHUP", "SIGHUP"],
      ["SIGHUP", "SIGTERM"],
      ["SIGTERM", "SIGHUP"],
    ] as const) {
      expect(feed(up, ...signals.map((signal) => signalled(signal))).effects).toEqual([]);
    }
    expect(feed(up, signalled("SIGHUP"), signalled("SIGTERM"), signalled("SIGTERM")).effects).toContainEqual({ type: "killAll" });
  });

  it("is not made a kill by the first signal after a stop by command or an essential end", () => {
    expect(feed(up, { type: "stopCommanded", at: 0, now: false, timeoutMs: null }, signalled("SIGINT")).effects).toEqual([]);
    expect(feed(up, { type: "essentialEnded", at: 0, exitCode: 3, why: null }, signalled("SIGTERM")).effects).toEqual([]);
  });

  it("leaves each stop what is left of its time", () => {
    const { fleet } = feed(up, signalled("SIGTERM", 1_000));
    expect(timeLeft(fleet, 4_000)).toBe(6_000);
    expect(timeLeft(fleet, 99_000)).toBe(0);
    expect(timeLeft(up, 0)).toBeNull();
  });

  it("takes the time of `stop --timeout` in place of its own", () => {
    const { fleet } = feed(up, { type: "stopCommanded", at: 0, now: false, timeoutMs: 60_000 });
    expect(fleet).toMatchObject({ deadlineAt: 60_000, stopTimeoutMs: 60_000 });
  });

  it("always ends: after any events, the timers alone lead to an exit, once", () => {
    const event: fc.Arbitrary<FleetEvent> = fc.oneof(
      fc.constantFrom<StopSignal>("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP").map((signal) => signalled(signal)),
      fc.boolean().map((now): FleetEvent => ({ type: "stopCommanded", at: 0, now, timeoutMs: null })),
      fc.nat(255).map((exitCode): FleetEvent => ({ type: "essentialEnded", at: 0, exitCode, why: null })),
      fc.boolean().map((allCompleted): FleetEvent => ({ type: "settled", at: 0, allCompleted })),
      fc.constant(allDown),
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const timers = new Set<string>();
        let fleet: Fleet = up;
        let exits = 0;
        const step = (next: FleetEvent): void => {
          const result = reduceFleet(D, fleet, next);
          fleet = result.fleet;
          for (const effect of result.effects) {
            if (effect.type === "arm") timers.add(effect.timer);
            if (effect.type === "disarm") timers.delete(effect.timer);
            if (effect.type === "exit") exits += 1;
          }
        };
        for (const one of [...events, signalled("SIGTERM")]) step(one);
        for (const timer of ["rest", "deadline", "grace"] as const) if (timers.delete(timer)) step({ type: "elapsed", at: 0, timer });
        expect(fleet.tag).toBe("gone");
        expect(exits).toBe(1);
        expect([...timers]).toEqual([]);
      }),
    );
  });
});
