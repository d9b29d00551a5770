import { describe, expect, it } from "vitest";
import type { Event } from "../../../src/core/machine/state.ts";
import type { Health } from "../../../src/core/spec.ts";
import type { ProbeResult } from "../../../src/effects/checks/probes.ts";
import { watchHealth } from "../../../src/supervisor/unit/health.ts";
import type { Unit } from "../../../src/supervisor/unit/unit.ts";
import type { World } from "../../../src/supervisor/world.ts";
import { type HandClock, handClock } from "../../helpers/hand-clock.ts";

const HEALTH: Health = {
  probe: { kind: "tcp", host: "127.0.0.1", port: 1 },
  eventLoopMs: null,
  intervalMs: 10_000,
  timeoutMs: 2_000,
  retries: 3,
  startPeriodMs: 0,
  onFailure: "restart",
};

/** A unit that is up, and a world whose answers the test gives: `answers` settle the checks in their order. */
function scene(health: Partial<Health>, ready: object | null = {}) {
  const clock = handClock();
  const heard: string[] = [];
  const checks: ((result: ProbeResult) => void)[] = [];
  const questions: (() => void)[] = [];
  const unit = {
    spec: { health: { ...HEALTH, ...health }, ready, cwd: "/" },
    life: { env: {}, link: { askForLife: (answered: () => void) => questions.push(answered) } },
    log: { mask: (text: string) => text.replace("secret", "***") },
    feed: (event: Event) => {
      if (event.type === "checked") heard.push(`${event.at}: ${event.why ?? "passed"}`);
    },
  } as unknown as Unit;
  const probe = () => new Promise<ProbeResult>((resolve) => void checks.push(resolve));
  const watch = watchHealth({ clock, probe } as unknown as World, unit);
  return { clock, heard, checks, questions, watch };
}

/** What a promise or the next turn of the loop brings about has settled. */
const settle = (clock: HandClock): Promise<void> => clock.advance(0).then(() => clock.advance(0));

describe("a check from outside", () => {
  it("is made at once where the service has said that it is ready, and then an interval after the end of the last", async () => {
    const { clock, heard, checks } = scene({});
    await settle(clock);
    expect(checks.length).toBe(1);
    await clock.advance(60_000);
    expect(checks.length, "never two at a time").toBe(1);
    checks[0]!({ ok: true });
    await settle(clock);
    await clock.advance(9_999);
    expect(checks.length).toBe(1);
    await clock.advance(1);
    expect(checks.length).toBe(2);
    checks[1]!({ ok: false, why: "failed: ECONNREFUSED secret" });
    await settle(clock);
    expect(heard).toEqual(["60000: passed", "70000: TCP 127.0.0.1:1 failed: ECONNREFUSED ***"]);
  });

  it.each([
    ["an interval after the start where nothing says when it is ready", {}, 0],
    ["at once where a start period forgives failures", { startPeriodMs: 1 }, 1],
  ])("is made %s", async (_, health, atOnce) => {
    const { clock, checks } = scene(health, null);
    await clock.advance(9_999);
    expect(checks.length).toBe(atOnce);
    await clock.advance(1);
    expect(checks.length).toBe(1);
  });

  it("counts for nothing where svc itself was short of descriptors, and the next one is made", async () => {
    const { clock, heard, checks } = scene({});
    await settle(clock);
    checks[0]!({ ok: false, why: "failed: connect EMFILE", unmade: true });
    await settle(clock);
    await clock.advance(10_000);
    expect([heard, checks.length]).toEqual([[], 2]);
  });

  it("is told to nobody once it is not wanted any more, and no other one is made", async () => {
    const { clock, heard, checks, watch } = scene({});
    await settle(clock);
    watch.abort();
    checks[0]!({ ok: false, why: "was cancelled" });
    await clock.advance(60_000);
    expect([heard, checks.length, clock.armed()]).toEqual([[], 1, 0]);
  });
});

describe("the event loop", () => {
  const loop = { probe: null, eventLoopMs: 4_000 };

  it("is asked four times within its limit, and only changes are told", async () => {
    const { clock, heard, questions } = scene(loop);
    for (let count = 1; count <= 8; count++) {
      expect(questions.length).toBe(count);
      questions.at(-1)!();
      await clock.advance(1_000);
      await settle(clock);
    }
    expect(heard).toEqual(["0: passed"]);
  });

  it("has failed once it has not answered for as long as its limit, and passes again with the next answer", async () => {
    const { clock, heard, questions } = scene(loop);
    questions[0]!();
    await clock.advance(1_000);
    await settle(clock);
    for (let second = 0; second < 10; second++) {
      await clock.advance(1_000);
      await settle(clock);
    }
    expect(questions.length, "no question behind one without an answer").toBe(2);
    questions[1]!();
    expect(heard).toEqual(["0: passed", "5000: its event loop did not turn in 4 s", "11000: passed"]);
  });

  it("is not blamed before its first answer: the service is being loaded", async () => {
    const { clock, heard, questions } = scene(loop);
    for (let second = 0; second < 60; second++) await clock.advance(1_000).then(() => settle(clock));
    expect([heard, questions.length]).toEqual([[], 1]);
  });

  it("is not blamed for a time in which svc itself was suspended", async () => {
    const { clock, heard, questions } = scene(loop);
    questions[0]!();
    await clock.advance(1_000);
    await settle(clock);
    // Time passes without a tick, as it does for a process that is stopped.
    clock.jump(3_600_000);
    await clock.advance(1_000);
    await settle(clock);
    questions[1]!();
    await clock.advance(1_000);
    expect(heard).toEqual(["0: passed"]);
  });
});
