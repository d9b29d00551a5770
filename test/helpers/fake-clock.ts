import type { Clock } from "../../src/effects/clock.ts";

export interface FakeClock extends Clock {
  /** Lets time pass: runs what comes due, in the order of the due times, each at its own time; also what is armed meanwhile. */
  advance(ms: number): void;
  /** The wall clock alone jumps. */
  setWall(now: number): void;
  /** Milliseconds until each armed timer, the next first. */
  pending(): number[];
}

interface Timer {
  readonly due: number;
  readonly fn: () => void;
}

/** A clock that stands still unless it is driven. `start` is the wall clock's first reading. */
export function createFakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  const armed = new Set<Timer>();
  let elapsed = 0;
  let wall = start;
  // Sorting is stable, so timers with the same due time run in the order in which they were armed.
  const inOrder = (): Timer[] => [...armed].sort((a, b) => a.due - b.due);
  const pass = (ms: number): void => {
    elapsed += ms;
    wall += ms;
  };
  const runDue = (end: number): void => {
    for (let next = inOrder()[0]; next !== undefined && next.due <= end; next = inOrder()[0]) {
      pass(Math.max(0, next.due - elapsed));
      armed.delete(next);
      next.fn();
    }
  };

  return {
    now: () => wall,
    monotonic: () => elapsed,
    arm(ms, fn) {
      const timer = { due: elapsed + ms, fn };
      armed.add(timer);
      return () => void armed.delete(timer);
    },
    recheck: () => runDue(elapsed),
    advance(ms) {
      const end = elapsed + ms;
      runDue(end);
      pass(end - elapsed);
    },
    setWall(now) {
      wall = now;
    },
    pending: () => inOrder().map(({ due }) => due - elapsed),
  };
}
