import { firstRun, missedRun, nextRun, type RunPlan, type RunRules, skippedRuns } from "../core/runs.ts";
import type { Schedule } from "../core/spec.ts";
import type { Clock } from "./clock.ts";

export interface RunPlannerOptions {
  readonly schedule: Schedule;
  readonly overlap: "skip" | "queue";
  readonly clock: Pick<Clock, "now" | "arm">;
  /** The value of TZ, where the schedule names no time zone. */
  readonly tz: string | undefined;
  /** Told when the next run is; null: never. */
  readonly onPlanned: (dueAt: number | null) => void;
  readonly onDue: () => void;
  /** A sentence about runs that were left out. */
  readonly say: (sentence: string) => void;
}

/** Waits for the runs of a schedule, one at a time. Nothing is reported within the call that plans. */
export interface RunPlanner {
  readonly schedule: Schedule;
  /** The first run after a start; it forgets what was planned. */
  planFirst(): void;
  /** The run after the one that has ended now. */
  planNext(): void;
  cancel(): void;
}

/** A timer does not see the wall clock jump, and stands still while the machine sleeps: so each wait is cut into such pieces. */
const RECHECK_MS = 60_000;

export function createRunPlanner(options: RunPlannerOptions): RunPlanner {
  const { clock, onPlanned, onDue, say } = options;
  const rules = rulesOf(options);
  let lastDueAt: number | null = null;
  // What was planned before is void.
  let turn = 0;
  let disarm = (): void => {};

  const wait = (known: RunRules, dueAt: number, mine: number): void => {
    const left = Math.max(0, dueAt - clock.now());
    disarm = clock.arm(Math.min(left, RECHECK_MS), () => {
      if (clock.now() < dueAt) return wait(known, dueAt, mine);
      const instead = missedRun(known, dueAt, clock.now());
      if (instead !== null) return follow(known, instead, mine, "svc was suspended or busy");
      lastDueAt = dueAt;
      onDue();
    });
  };
  const follow = (known: RunRules, { dueAt, skipped }: RunPlan, mine: number, why: string): void => {
    if (skipped > 0) say(skippedRuns(skipped, why));
    onPlanned(dueAt);
    if (dueAt !== null && mine === turn) wait(known, dueAt, mine);
  };
  const plan = async (choose: (known: RunRules) => RunPlan): Promise<void> => {
    cancel();
    const mine = turn;
    const known = await rules;
    if (mine === turn) follow(known, choose(known), mine, "the last one went on");
  };
  const cancel = (): void => {
    turn += 1;
    disarm();
  };
  return {
    schedule: options.schedule,
    planFirst: () => {
      lastDueAt = null;
      void plan((known) => firstRun(known, clock.now()));
    },
    planNext: () => void plan((known) => nextRun(known, lastDueAt ?? clock.now(), clock.now())),
    cancel,
  };
}

/** The package for cron is loaded where a service has such a schedule. */
async function rulesOf({ schedule, overlap, tz }: RunPlannerOptions): Promise<RunRules> {
  if (schedule.kind === "every") return { schedule, overlap, timetable: null };
  const { cronTimetable, timezoneFrom } = await import("../core/timetable.ts");
  return { schedule, overlap, timetable: cronTimetable(schedule.pattern, schedule.timezone ?? timezoneFrom(tz)) };
}
