/** Time as the supervisor sees it; handed in, so that tests drive it by hand. */
export interface Clock {
  /** Wall clock, milliseconds since 1970: for stamps. It may jump. */
  now(): number;
  /** Milliseconds since an arbitrary moment: for measuring. It never jumps. */
  monotonic(): number;
  /** Calls `fn` once, not before `ms` milliseconds have passed; any length is allowed. Returns the way to disarm it. */
  arm(ms: number, fn: () => void, options?: ArmOptions): () => void;
  /** To be called after SIGCONT: timers that came due while the process was stopped fire at once, the rest start anew. */
  recheck(): void;
}

export interface ArmOptions {
  /** Default true. False: this timer alone does not keep the process alive. */
  readonly ref?: boolean;
}

/** Longer ones fire at once in Node (a 32-bit number of milliseconds), so they are made of several. */
const LONGEST_MS = 2 ** 31 - 1;

interface Timer {
  readonly due: number;
  readonly fn: () => void;
  readonly ref: boolean;
  handle: NodeJS.Timeout | null;
}

/** Not performance.now(), which brings 0.8 MB of Node's modules with it. */
function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

export function createClock(): Clock {
  const armed = new Set<Timer>();

  const schedule = (timer: Timer): void => {
    const left = Math.max(0, timer.due - monotonic());
    timer.handle = setTimeout(check, Math.min(Math.ceil(left), LONGEST_MS), timer);
    if (!timer.ref) {
      timer.handle.unref();
    }
  };
  const check = (timer: Timer): void => {
    // Node counts in whole milliseconds and may fire a fraction of one too early.
    if (monotonic() < timer.due) {
      schedule(timer);
      return;
    }
    armed.delete(timer);
    timer.fn();
  };
  const disarm = (timer: Timer): void => {
    clearTimeout(timer.handle ?? undefined);
    armed.delete(timer);
  };

  return {
    now: () => Date.now(),
    monotonic,
    arm(ms, fn, options = {}) {
      const timer: Timer = { due: monotonic() + ms, fn, ref: options.ref ?? true, handle: null };
      armed.add(timer);
      schedule(timer);
      return () => disarm(timer);
    },
    recheck() {
      for (const timer of [...armed].sort((a, b) => a.due - b.due)) {
        clearTimeout(timer.handle ?? undefined);
        schedule(timer);
      }
    },
  };
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const disarm = clock.arm(ms, done);
    function done(): void {
      disarm();
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
