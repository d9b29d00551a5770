import { describe, expect, test } from "vitest";
import type { Schedule } from "../../src/core/spec.ts";
import { createRunPlanner } from "../../src/effects/run-planner.ts";
import { handClock } from "../helpers/hand-clock.ts";
import { until } from "../helpers/until.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse("2026-06-01T00:30:30Z");

async function planned(schedule: Schedule, overlap: "skip" | "queue" = "skip") {
  const clock = handClock(START);
  const due: string[] = [];
  const said: string[] = [];
  let next: number | null = null;
  let known = false;
  /** How long each run takes. */
  const run = { ms: 0 };
  const onDue = (): void => {
    due.push(new Date(clock.now()).toISOString().slice(11, 19));
    if (run.ms === 0) planner.planNext();
    else clock.arm(run.ms, planner.planNext);
  };
  const onPlanned = (at: number | null): void => {
    next = at;
    known = true;
  };
  const planner = createRunPlanner({ schedule, overlap, clock, tz: undefined, onPlanned, onDue, say: (sentence) => said.push(sentence) });
  planner.planFirst();
  // What a cron schedule needs is loaded meanwhile.
  await until(() => known);
  return { clock, due, said, planner, run, next: () => (next === null ? null : new Date(next).toISOString().slice(11, 19)) };
}

const cron = (pattern: string): Schedule => ({ kind: "cron", pattern, timezone: "UTC" });
const every = (everyMs: number, runOnStart = true): Schedule => ({ kind: "every", everyMs, runOnStart });

describe("every", () => {
  test("T17 T48 the first run is at once, and the interval begins at the end of a run: 45 s of work each minute is a run each 105 s", async () => {
    const { clock, due, run } = await planned(every(MINUTE));
    run.ms = 45_000;
    await clock.advance(4 * MINUTE);
    expect(due).toEqual(["00:30:30", "00:32:15", "00:34:00"]);
  });

  test("T20 a ttl that is longer than the interval is renewed before it is over", async () => {
    const { clock, due } = await planned(every(MINUTE));
    await clock.advance(2 * MINUTE - 1);
    expect(due).toEqual(["00:30:30", "00:31:30"]);
  });

  test("runOnStart: false waits for one interval first", async () => {
    const { clock, due, next } = await planned(every(HOUR, false));
    await clock.advance(0);
    expect([due, next()]).toEqual([[], "01:30:30"]);
    await clock.advance(HOUR);
    expect(due).toEqual(["01:30:30"]);
  });
});

describe("cron", () => {
  test("T51 runs on its minutes, each once", async () => {
    const { clock, due, next } = await planned(cron("*/15 * * * *"));
    await clock.advance(HOUR);
    expect(due).toEqual(["00:45:00", "01:00:00", "01:15:00", "01:30:00"]);
    expect(next()).toBe("01:45:00");
  });

  test("overlap: skip leaves out what is due during a run, and counts it in one line", async () => {
    const { clock, due, said, run } = await planned(cron("*/10 * * * *"));
    run.ms = 25 * MINUTE;
    await clock.advance(HOUR);
    expect(due).toEqual(["00:40:00", "01:10:00"]);
    expect(said).toEqual(["skipped 2 runs that were due while the last one went on"]);
  });

  test("overlap: queue holds one, and counts the others", async () => {
    const { clock, due, said, run } = await planned(cron("*/10 * * * *"), "queue");
    run.ms = 25 * MINUTE;
    await clock.advance(50 * MINUTE);
    expect(due).toEqual(["00:40:00", "01:05:00"]);
    expect(said).toEqual(["skipped 1 run that was due while the last one went on"]);
  });

  test("what was due while the machine slept is left out, and the next one comes at its time", async () => {
    const { clock, due, said } = await planned(cron("0 * * * *"));
    await clock.advance(MINUTE);
    clock.jump(3 * HOUR + 10 * MINUTE);
    // The sleep is seen within a minute, whatever the timer says.
    await clock.advance(MINUTE);
    expect(said).toEqual(["skipped 3 runs that were due while svc was suspended or busy"]);
    await clock.advance(20 * MINUTE);
    expect(due).toEqual(["04:00:00"]);
  });

  test("a few seconds of delay are none: the run is made", async () => {
    const { clock, due, said } = await planned(cron("0 * * * *"));
    await clock.advance(29 * MINUTE);
    clock.jump(50_000);
    await clock.advance(MINUTE);
    expect([due.length, said]).toEqual([1, []]);
  });

  test("a wall clock that is set back brings no minute twice", async () => {
    const { clock, due } = await planned(cron("0 * * * *"));
    await clock.advance(HOUR);
    clock.jump(-HOUR);
    await clock.advance(90 * MINUTE);
    expect(due).toEqual(["01:00:00", "02:00:00"]);
  });

  test("a pattern that never comes true waits for ever, without a timer", async () => {
    const { clock, next } = await planned(cron("0 0 30 2 *"));
    await clock.advance(HOUR);
    expect([next(), clock.armed()]).toEqual([null, 0]);
  });
});

test("what is cancelled never comes, and leaves no timer", async () => {
  const { clock, due, planner } = await planned(every(MINUTE, false));
  await clock.advance(1000);
  planner.cancel();
  await clock.advance(HOUR);
  expect([due, clock.armed()]).toEqual([[], 0]);
});
