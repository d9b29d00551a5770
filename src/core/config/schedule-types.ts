import type { Duration } from "./part-types.ts";

/**
 * When it runs: always, at intervals, or by a timetable. What does not go with it is `never`, so that the compiler refuses it.
 * `every` and `cron` are optional in their own parts, so that a config may add them on a condition: `...(isNight && { every: "1h" })`.
 */
export type Schedule = Runs & (Interval | Timetable);

export interface Interval {
  /** Run again this long after the end of each run. */
  readonly every?: Duration;
  /** With `every`: whether the first run is at once. Default true. */
  readonly runOnStart?: boolean;
  readonly cron?: never;
  readonly timezone?: never;
}

export interface Timetable {
  /** Run at these times: minute, hour, day of the month, month, day of the week; or "@daily" and the like. */
  readonly cron?: string;
  /** The time zone of `cron`, such as "Europe/Berlin". Default: TZ, else UTC. */
  readonly timezone?: string;
  readonly every?: never;
  readonly runOnStart?: never;
}

interface Runs {
  /** A run that is due while the last one goes on is skipped, or waits (one at most). Default "skip". */
  readonly overlap?: "skip" | "queue";
  /** A run that takes longer is stopped. Default: no limit. */
  readonly runTimeout?: Duration;
}
