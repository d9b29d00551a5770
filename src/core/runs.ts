import type { Schedule } from "./spec.ts";
import type { Timetable } from "./timetable.ts";

/** When a schedule's next run is, and how many were due before it and are left out. Instants are milliseconds since the epoch. */
export interface RunPlan {
  /** null: never. */
  readonly dueAt: number | null;
  readonly skipped: number;
}

/** `timetable` is that of a cron schedule; null for `every`. */
export interface RunRules {
  readonly schedule: Schedule;
  readonly overlap: "skip" | "queue";
  readonly timetable: Timetable | null;
}

/** A run that begins later than this is another minute's: it was missed. */
export const LATE_MS = 60_000;

/** More are not counted: a minute's schedule after a year of suspension must not cost a second. */
const COUNTED = 1000;

/** The first run after a start. */
export function firstRun({ schedule, timetable }: RunRules, now: number): RunPlan {
  if (schedule.kind === "every") return { dueAt: schedule.runOnStart ? now : now + schedule.everyMs, skipped: 0 };
  return { dueAt: timetable?.next(now) ?? null, skipped: 0 };
}

/** The run after one that was due at `lastDueAt` and has ended now. A wall clock that was set back makes no minute come twice. */
export function nextRun({ schedule, overlap, timetable }: RunRules, lastDueAt: number, now: number): RunPlan {
  if (schedule.kind === "every") return { dueAt: now + schedule.everyMs, skipped: 0 };
  const missed = dueBetween(timetable, lastDueAt, now);
  if (overlap === "queue" && missed > 0) return { dueAt: now, skipped: missed - 1 };
  return { dueAt: timetable?.next(Math.max(now, lastDueAt)) ?? null, skipped: missed };
}

/** null: the run may begin, at most a little late. Else what is planned in its place. */
export function missedRun({ schedule, timetable }: RunRules, dueAt: number, now: number): RunPlan | null {
  if (schedule.kind === "every" || now - dueAt < LATE_MS) return null;
  return { dueAt: timetable?.next(now) ?? null, skipped: dueBetween(timetable, dueAt - 1, now) };
}

export function skippedRuns(count: number, why: string): string {
  const number = count >= COUNTED ? `${COUNTED} or more runs` : count === 1 ? "1 run" : `${count} runs`;
  return `skipped ${number} that ${count === 1 ? "was" : "were"} due while ${why}`;
}

function dueBetween(timetable: Timetable | null, after: number, until: number): number {
  let count = 0;
  let at = timetable?.next(after) ?? null;
  for (; at !== null && at <= until && count < COUNTED; count++) at = timetable?.next(at) ?? null;
  return count;
}
