import type { Clock } from "../../src/effects/clock.ts";

export interface HandClock extends Clock {
  /** Lets the time pass, timer by timer; what follows from each has settled before the next one. */
  advance(ms: number): Promise<void>;
  /** The wall clock jumps; the timers do not notice. */
  jump(ms: number): void;
  readonly armed: () => number;
}

interface Timer {
  readonly due: number;
  readonly fn: () => void;
}

/** A clock that a test drives by hand. */
export function handClock(start = 0): HandClock {
  let wall = start;
  let mono = 0;
  const timers = new Set<Timer>();
  const pass = (ms: number): void => {
    mono += ms;
    wall += ms;
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => wall,
    monotonic: () => mono,
    arm: (ms, fn) => {
      const timer = { due: mono + ms, fn };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    recheck: () => {},
    advance: async (ms) => {
      const end = mono + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due);
        if (next === undefined) break;
        pass(next.due - mono);
        timers.delete(next);
        next.fn();
        await settle();
      }
      pass(end - mono);
    },
    jump: (ms) => {
      wall += ms;
    },
    armed: () => timers.size,
  };
}
