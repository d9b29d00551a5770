import { describe, expect, test } from "vitest";
import type { ServiceContext } from "../../../src/core/config/service-types.ts";
import { startScheduledTask } from "../../../src/effects/task/scheduled-task.ts";
import { handClock } from "../../helpers/hand-clock.ts";

function begin(work: unknown, options: { readonly runTimeoutMs?: number; readonly runOnStart?: boolean; readonly runNow?: boolean } = {}) {
  const clock = handClock();
  const said: string[] = [];
  const failures: string[] = [];
  const planned: (number | null)[] = [];
  let overdue = 0;
  const task = startScheduledTask({
    work,
    name: "warmer",
    instance: 1,
    label: "Warmer",
    options: { a: 1 },
    stopTimeoutMs: 5000,
    clock,
    output: { out: () => {}, err: (line) => void said.push(line) },
    onReady: () => {},
    schedule: { kind: "every", everyMs: 1000, runOnStart: options.runOnStart ?? true },
    overlap: "skip",
    runTimeoutMs: options.runTimeoutMs ?? null,
    tz: undefined,
    runNow: options.runNow ?? false,
    onPlanned: (dueAt) => planned.push(dueAt),
    onRunFailed: (reason) => failures.push(reason),
    onOverdue: () => overdue++,
  });
  return { task, clock, said, failures, planned, overdue: () => overdue };
}

describe("a service on a schedule", () => {
  test("is constructed once and run again and again; the next run is told", async () => {
    const seen: unknown[] = [];
    class Warmer {
      runs = 0;
      constructor(options: unknown) {
        seen.push(options);
      }
      run() {
        seen.push(++this.runs);
      }
      stop() {}
    }
    const { clock, planned } = begin(Warmer);
    await clock.advance(2500);
    expect(seen).toEqual([{ a: 1 }, 1, 2, 3]);
    expect(planned).toEqual([0, null, 1000, null, 2000, null, 3000]);
  });

  test("that is to run now begins with a run, and goes on as planned", async () => {
    let runs = 0;
    const { clock, planned } = begin(() => void runs++, { runOnStart: false, runNow: true });
    await clock.advance(0);
    expect(runs).toBe(1);
    await clock.advance(1000);
    expect(runs).toBe(2);
    expect(planned).toEqual([null, 1000, null, 2000]);
  });

  test("may be a function, called for each run, or a factory, called once", async () => {
    let [calls, made, runs] = [0, 0, 0];
    const plain = begin(() => void calls++);
    const factory = begin(() => {
      made += 1;
      return { run: () => void runs++ };
    });
    await plain.clock.advance(2000);
    await factory.clock.advance(2000);
    expect([calls, made, runs]).toEqual([3, 1, 3]);
  });

  test("T18 a run that throws is told by its message, and the next one comes in time", async () => {
    let runs = 0;
    const { clock, said, failures } = begin(() => {
      runs += 1;
      if (runs === 1) throw new Error("no products");
    });
    await clock.advance(1000);
    expect(runs).toBe(2);
    expect(failures).toEqual(["a run threw Error: no products"]);
    expect(said[0]).toMatch(/^a run threw Error: no products\n {4}at /);
  });

  test("T19 a stop between two runs ends it at once; one during a run waits for it", async () => {
    const between = begin(() => {});
    await between.clock.advance(10);
    between.task.stop();
    expect(await between.task.ended).toEqual({ ok: true });
    expect(between.clock.armed()).toBe(0);

    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let ended = false;
    const during = begin(() => gate);
    await during.clock.advance(10);
    during.task.stop();
    void during.task.ended.then(() => {
      ended = true;
    });
    await during.clock.advance(5000);
    expect(ended).toBe(false);
    release();
    expect(await during.task.ended).toEqual({ ok: true });
    expect(during.clock.armed()).toBe(0);
  });

  test("runs at once when it is told to, but never beside itself", async () => {
    let [now, most] = [0, 0];
    const { task, clock } = begin(
      async ({ sleep }: ServiceContext) => {
        most = Math.max(most, ++now);
        await sleep(100);
        now -= 1;
      },
      { runOnStart: false },
    );
    await clock.advance(10);
    task.runNow();
    task.runNow();
    await clock.advance(50);
    task.runNow();
    await clock.advance(5000);
    expect(most).toBe(1);
  });

  test("a run that is over its limit is told once", async () => {
    const { clock, overdue } = begin(() => new Promise(() => {}), { runTimeoutMs: 300 });
    await clock.advance(299);
    expect(overdue()).toBe(0);
    await clock.advance(10_000);
    expect(overdue()).toBe(1);
  });

  test("a constructor that throws ends it", async () => {
    const error = new Error("no url");
    const { task, clock } = begin(
      class {
        constructor() {
          throw error;
        }
        run() {}
      },
    );
    expect(await task.ended).toEqual({ ok: false, error });
    await clock.advance(5000);
    expect(clock.armed()).toBe(0);
  });
});
