import type { Schedule } from "../../core/spec.ts";
import type { Clock } from "../clock.ts";
import { createRunPlanner } from "../run-planner.ts";
import { createContext, ignoresStops } from "./context.ts";
import { createRunnable, type Runnable } from "./runnable.ts";
import { describeThrown, isAbort, type Task, type TaskEnd, type TaskOptions } from "./task.ts";

export interface ScheduledTaskOptions extends TaskOptions {
  readonly clock: Pick<Clock, "arm" | "now">;
  readonly schedule: Schedule;
  readonly overlap: "skip" | "queue";
  readonly runTimeoutMs: number | null;
  readonly tz: string | undefined;
  /** Whether the first run is at once, whatever the schedule says. */
  readonly runNow: boolean;
  /** When the next run is; null while one goes on, and where none will come. */
  readonly onPlanned: (dueAt: number | null) => void;
  /** A run threw; the schedule goes on. */
  readonly onRunFailed: (reason: string) => void;
  /** A run has taken longer than its limit. It cannot be ended from within. */
  readonly onOverdue: () => void;
}

export interface ScheduledTask extends Task {
  /** Runs at once, unless a run goes on. */
  runNow(): void;
}

/** A service that is run again and again by a schedule. A class is constructed once; its runs never overlap. */
export function startScheduledTask(options: ScheduledTaskOptions): ScheduledTask {
  const { output, onPlanned } = options;
  const abort = new AbortController();
  let end = (_: TaskEnd): void => {};
  const ended = new Promise<TaskEnd>((resolve) => {
    end = resolve;
  });
  let going: Promise<void> | null = null;
  const planner = createRunPlanner({ ...options, onDue: () => runNow(), say: output.err });
  const runnable = construct(options, abort.signal, end);
  const runNow = (): void => {
    if (runnable === null || going !== null || abort.signal.aborted) return;
    planner.cancel();
    onPlanned(null);
    going = oneRun(options, runnable, abort.signal).then(() => {
      going = null;
      if (!abort.signal.aborted) planner.planNext();
    });
  };
  // Nothing is told within this call.
  if (runnable !== null && options.runNow) queueMicrotask(runNow);
  else if (runnable !== null) planner.planFirst();
  return {
    ended,
    runNow,
    stop: () => {
      if (abort.signal.aborted) return;
      abort.abort();
      planner.cancel();
      const stopped = runnable?.stop().catch((error: unknown) => output.err(`stop() threw ${describeThrown(error)}`));
      void Promise.all([stopped, going]).then(() => end({ ok: true }));
    },
  };
}

function construct(options: ScheduledTaskOptions, signal: AbortSignal, end: (ended: TaskEnd) => void): Runnable | null {
  try {
    const runnable = createRunnable(options.work, options.label, createContext({ ...options, signal }));
    if (runnable.deaf) options.output.err(ignoresStops(options.label, options.stopTimeoutMs));
    return runnable;
  } catch (error) {
    end({ ok: false, error });
    return null;
  }
}

/** Never rejects: what a run throws is said, and is no end of the schedule. */
async function oneRun(options: ScheduledTaskOptions, runnable: Runnable, signal: AbortSignal): Promise<void> {
  const { clock, output, runTimeoutMs, onOverdue, onRunFailed } = options;
  const disarm = runTimeoutMs === null ? () => {} : clock.arm(runTimeoutMs, onOverdue);
  try {
    await runnable.run();
  } catch (error) {
    if (signal.aborted && isAbort(error, signal)) return;
    output.err(`a run threw ${describeThrown(error)}`);
    onRunFailed(`a run threw ${String(error)}`);
  } finally {
    disarm();
  }
}
