import { describe, expect, it } from "vitest";
import type { FleetSpec } from "../../src/core/spec.ts";
import type { Caller } from "../../src/effects/control/dispatch.ts";
import { createFleet } from "../../src/supervisor/fleet/fleet.ts";
import { createMethods } from "../../src/supervisor/methods.ts";
import type { Unit } from "../../src/supervisor/unit/unit.ts";
import type { World } from "../../src/supervisor/world.ts";
import { handClock } from "../helpers/hand-clock.ts";

/** A supervisor of one service that nothing ends: the kernel has not got to it yet. */
function scene() {
  const clock = handClock();
  const exits: number[] = [];
  const logs = { say: () => {}, writeOwnTo: () => {}, useFormat: () => {} };
  const spec = { services: [], shutdownTimeoutMs: 9_000 } as unknown as FleetSpec;
  const fleet = createFleet({ clock, logs } as unknown as World, spec, {
    exitCodeFrom: null,
    endsByItself: true,
    exit: (code) => exits.push(code),
  });
  const state = { phase: { tag: "running" } };
  const life = { words: Promise.resolve() };
  fleet.units = [{ name: "web", service: "web", state, spec: { stop: { timeoutMs: 5_000 } }, life, feed: () => {} } as unknown as Unit];
  const caller = { signal: new AbortController().signal } as Caller;
  const stop = (now: boolean) => createMethods(fleet, { reload: () => Promise.reject() }).stop({ names: [], now }, caller);
  return { clock, exits, stop };
}

describe("svc stop", () => {
  it.each([
    ["at the deadline", false, 9_500],
    ["with --now", true, 500],
  ])("is answered %s, though svc has given up on what it has killed: before it ends, and with whom", async (_, now, ms) => {
    const { clock, exits, stop } = scene();
    const answers: unknown[] = [];
    void Promise.resolve(stop(now)).then((answer) => answers.push(answer));
    await clock.advance(ms - 1);
    expect([answers, exits]).toEqual([[], []]);
    await clock.advance(1);
    expect([answers, exits]).toEqual([[{ stopped: ["web"], note: "gave up on web" }], [0]]);
  });
});
