import { setTimeout as after } from "node:timers/promises";

export interface UntilOptions {
  /** Milliseconds; generous, because it is only ever used up by a test that fails. Default two minutes. */
  readonly timeout?: number;
  /** Milliseconds between two looks. Default 10. */
  readonly interval?: number;
  /** What was waited for, in the message of the failure. */
  readonly what?: string;
}

/**
 * Waits until the condition holds (answers with anything but false, null, undefined, 0 or ""), and returns its answer.
 * A condition that throws does not hold yet; the last error is the cause of the failure.
 */
export async function until<T>(condition: () => T | Promise<T>, options: UntilOptions = {}): Promise<T> {
  const { timeout = 120_000, interval = 10, what = condition.toString() } = options;
  const deadline = performance.now() + timeout;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (answer) {
        return answer;
      }
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`not within ${timeout} ms: ${what}`, { cause });
    }
    await after(interval);
  }
}

/** Longer than the pause without changes that svc waits for. */
const AGAIN_MS = 3_000;

/**
 * Changes files until the change is seen: in the moment in which the watch of a folder begins, what changes belongs to what
 * was there before.
 */
export async function changeUntil(change: () => void, seen: () => boolean): Promise<void> {
  let last = Number.NEGATIVE_INFINITY;
  await until(() => {
    if (seen()) return true;
    if (performance.now() - last > AGAIN_MS) {
      last = performance.now();
      change();
    }
    return false;
  });
}
