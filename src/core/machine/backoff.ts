import type { Backoff, RestartLimit } from "../spec.ts";

/**
 * The delay before restart number `attempt` (from 0) in milliseconds: `initial × factor^attempt`, capped at `max`, then
 * lengthened by up to `jitter` of itself, so that services that crashed together do not come back together.
 */
export function backoffDelay(backoff: Backoff, attempt: number, roll: number): number {
  // factor^attempt overflows to Infinity in a long crash loop; the cap makes that harmless, but 0 × Infinity would not be.
  const grown = backoff.initialMs === 0 ? 0 : backoff.initialMs * backoff.factor ** attempt;
  const capped = Math.min(grown, backoff.maxMs);
  return Math.round(capped * (1 + backoff.jitter * roll));
}

/** The earlier restarts that lie less than the window before a restart at `dueAt`. */
export function restartsInWindow(limit: RestartLimit, times: readonly number[], dueAt: number): readonly number[] {
  return times.filter((time) => time > dueAt - limit.withinMs);
}

/** True where one more restart at `dueAt` would be the one too many: N in any window are made, the next is not. */
export function exceedsLimit(limit: RestartLimit | null, times: readonly number[], dueAt: number): boolean {
  return limit !== null && restartsInWindow(limit, times, dueAt).length >= limit.count;
}
