import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClock, pause } from "../../src/effects/clock.ts";
import { createFakeClock } from "../helpers/fake-clock.ts";

describe("the real clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "hrtime", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("fires once, at its time and not before", () => {
    const fn = vi.fn();
    createClock().arm(500, fn);
    vi.advanceTimersByTime(499);
    expect(fn).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(fn).toHaveBeenCalledTimes(1);
  });

  test("does not fire a fraction of a millisecond too early", () => {
    const clock = createClock();
    const fn = vi.fn();
    const armedAt = clock.monotonic();
    clock.arm(0.4, fn);
    vi.advanceTimersToNextTimer();
    expect(fn).toHaveBeenCalled();
    expect(clock.monotonic() - armedAt).toBeGreaterThanOrEqual(0.4);
  });

  test("holds a timer of sixty days, which is longer than Node's own can be", () => {
    const days = 24 * 60 * 60 * 1000;
    const fn = vi.fn();
    createClock().arm(60 * days, fn);
    vi.advanceTimersByTime(60 * days - 1);
    expect(fn).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fn).toHaveBeenCalledTimes(1);
  });

  test("does not fire a timer that was disarmed", () => {
    const fn = vi.fn();
    const disarm = createClock().arm(500, fn);
    disarm();
    disarm();
    vi.advanceTimersByTime(1000);
    expect(fn).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("after a recheck fires what came due meanwhile, in order, and leaves the rest at its time", () => {
    const clock = createClock();
    const fired: string[] = [];
    clock.arm(300, () => fired.push("later"));
    clock.arm(200, () => fired.push("second"));
    clock.arm(100, () => fired.push("first"));
    // Time has passed in which no timer could run: the process was stopped.
    const [seconds, nanoseconds] = process.hrtime();
    const hrtime = vi.spyOn(process, "hrtime").mockReturnValue([seconds, nanoseconds + 250e6]);
    clock.recheck();
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(["first", "second"]);
    hrtime.mockReturnValue([seconds, nanoseconds + 300e6]);
    vi.advanceTimersByTime(49);
    expect(fired).toEqual(["first", "second", "later"]);
    vi.restoreAllMocks();
  });

  test("pause resolves after its time", async () => {
    const resolved = vi.fn();
    const pausing = pause(createClock(), 20).then(resolved);
    vi.advanceTimersByTime(20);
    await pausing;
    expect(resolved).toHaveBeenCalled();
  });
});

describe("the clock that tests drive", () => {
  test("runs what is due in the order of the due times, each at its own time, and what is armed meanwhile", () => {
    const clock = createFakeClock(1000);
    const fired: [string, number][] = [];
    const note = (name: string) => () => void fired.push([name, clock.now()]);
    clock.arm(30, note("c"));
    clock.arm(10, () => {
      note("a")();
      clock.arm(10, note("b"));
    });
    clock.arm(100, note("d"));
    clock.advance(50);
    expect(fired).toEqual([
      ["a", 1010],
      ["b", 1020],
      ["c", 1030],
    ]);
    expect([clock.now(), clock.monotonic(), clock.pending()]).toEqual([1050, 50, [50]]);
  });

  test("keeps the monotonic time when the wall clock jumps", () => {
    const clock = createFakeClock(1000);
    clock.setWall(9000);
    clock.advance(5);
    expect([clock.now(), clock.monotonic()]).toEqual([9005, 5]);
  });
});
