import { describe, expect, test } from "vitest";
import type { ServiceContext } from "../../../src/core/config/service-types.ts";
import { startTask, type Task } from "../../../src/effects/task/task.ts";
import { handClock } from "../../helpers/hand-clock.ts";

function begin(work: unknown, options?: unknown) {
  const clock = handClock();
  const lines: string[] = [];
  const write = (stream: string) => (line: string) => void lines.push(`${stream}: ${line}`);
  const output = { out: write("out"), err: write("err") };
  let ready = 0;
  const task: Task = startTask({
    work,
    options,
    name: "web",
    instance: 2,
    label: "Web",
    stopTimeoutMs: 5000,
    clock,
    output,
    onReady: () => ready++,
  });
  return { task, clock, lines, ready: () => ready };
}

describe("a service at work", () => {
  test("a class is constructed with the options and gets a whole context", async () => {
    const seen: unknown[] = [];
    class Web {
      readonly options: unknown;
      constructor(options: unknown) {
        this.options = options;
      }
      run({ name, instance, options, log, ready }: ServiceContext) {
        seen.push(name, instance, options === this.options);
        log("up", { a: 1 });
        log.warn("careful");
        log.error("bad");
        ready();
      }
    }
    const { task, lines, ready } = begin(Web, { a: 1 });
    expect(await task.ended).toEqual({ ok: true });
    expect(seen).toEqual(["web", 2, true]);
    expect(lines).toEqual(["out: up a=1", "err: careful", "err: bad"]);
    expect(ready()).toBe(1);
  });

  test("T08 a heartbeat ticks each interval: with 100 ms, ten times in a second", async () => {
    let ticks = 0;
    const { task, clock } = begin(async ({ sleep }: ServiceContext) => {
      while (await sleep(100)) ticks++;
    });
    await clock.advance(1000);
    expect(ticks).toBe(10);
    task.stop();
    await task.ended;
    expect(ticks).toBe(10);
  });

  test("ctx.sleep is true after the time, false at once when a stop is asked, and leaves no timer", async () => {
    const slept: boolean[] = [];
    const { task, clock } = begin(async ({ sleep }: ServiceContext) => {
      slept.push(await sleep("30s"));
      slept.push(await sleep("30s"));
      slept.push(await sleep("30s"));
    });
    await clock.advance(30_000);
    expect(slept).toEqual([true]);
    task.stop();
    expect(await task.ended).toEqual({ ok: true });
    expect(slept).toEqual([true, false, false]);
    expect(clock.armed()).toBe(0);
  });

  test("ctx.sleep says what a duration looks like", async () => {
    const { task } = begin((ctx: ServiceContext) => ctx.sleep("soon" as never));
    const end = await task.ended;
    expect(end).toMatchObject({
      ok: false,
      error: { message: 'cannot sleep for soon: write milliseconds, or text such as "30s" or "5m"' },
    });
  });

  test("a fetch that the stop aborts is no failure, but another error after a stop is", async () => {
    const untilAborted = (error: (signal: AbortSignal) => unknown) => (ctx: ServiceContext) =>
      new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(error(ctx.signal))));
    for (const [error, ok] of [
      [(signal: AbortSignal) => signal.reason, true],
      [() => new DOMException("", "AbortError"), true],
      [() => new Error("half written"), false],
    ] as const) {
      const { task } = begin(untilAborted(error));
      task.stop();
      expect((await task.ended).ok).toBe(ok);
    }
  });

  test("stop() is called once and waited for, also where run() has settled before", async () => {
    let stops = 0;
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const service = {
      run: (ctx: ServiceContext) => new Promise((resolve) => ctx.signal.addEventListener("abort", resolve)),
      stop: () => {
        stops += 1;
        return gate;
      },
    };
    const { task } = begin(service);
    task.stop();
    task.stop();
    let over = false;
    void task.ended.then(() => {
      over = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([stops, over]).toEqual([1, false]);
    release();
    expect(await task.ended).toEqual({ ok: true });
  });

  test.each([
    ["nothing", undefined],
    ["a number", 3],
    ["an object without run()", { start() {} }],
    ["a class without run()", class Wrong {}],
  ])("%s is refused by its name", async (_, work) => {
    const { task } = begin(work);
    expect(await task.ended).toMatchObject({ ok: false, error: { message: expect.stringContaining("cannot run Web: ") } });
  });

  test.each([
    [
      "a class without stop() whose run takes nothing",
      class {
        run() {}
      },
      1,
    ],
    [
      "one that takes its context",
      class {
        run(_: ServiceContext) {}
      },
      0,
    ],
    [
      "one with a stop()",
      class {
        run() {}
        stop() {}
      },
      0,
    ],
    ["a function", () => {}, 0],
  ])("%s is warned of or not", async (_, work, warnings) => {
    const { task, lines } = begin(work);
    await task.ended;
    expect(lines.filter((line) => line.includes("warning"))).toHaveLength(warnings);
  });
});
