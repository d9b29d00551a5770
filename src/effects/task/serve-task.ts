import { type FromHost, READY_MESSAGE, type ServeRequest } from "../../core/host-messages.ts";
import type { Clock } from "../clock.ts";
import type { TaskOutput } from "./context.ts";
import { type ScheduledTask, startScheduledTask } from "./scheduled-task.ts";
import { startTask, type TaskOptions } from "./task.ts";

export interface Serving {
  /** What the request is about: a class, a function, an object. */
  readonly work: unknown;
  readonly clock: Pick<Clock, "arm" | "now">;
  readonly output: TaskOutput;
  readonly tell: (message: FromHost | typeof READY_MESSAGE) => void;
}

/** Runs what a request asks for in this process, once or on its schedule. */
export function serveTask(request: ServeRequest, { work, clock, output, tell }: Serving): ScheduledTask {
  const { schedule } = request;
  const options: TaskOptions = {
    ...request,
    // A class with a default for its options must get it.
    options: request.options ?? undefined,
    work,
    label: request.work.label,
    clock,
    output,
    onReady: () => tell(READY_MESSAGE),
  };
  if (schedule === null) return { ...startTask(options), runNow: () => {} };
  return startScheduledTask({
    ...request,
    ...options,
    clock,
    schedule,
    tz: process.env.TZ,
    onPlanned: (dueAt) => tell({ svc: "planned", dueAt }),
    onRunFailed: (reason) => tell({ svc: "runFailed", reason }),
    onOverdue: () => tell({ svc: "overdue" }),
  });
}
