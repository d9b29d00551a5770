import { inspect } from "node:util";
import { type ContextOptions, createContext, ignoresStops } from "./context.ts";
import { createRunnable, type Runnable } from "./runnable.ts";

/** How the work of a service ended. */
export type TaskEnd = { readonly ok: true } | { readonly ok: false; readonly error: unknown };

/** A TypeScript service at work in this process. */
export interface Task {
  /** Resolves once the service is at rest: `run()` and, after a stop, `stop()` have settled. Never rejects. */
  readonly ended: Promise<TaskEnd>;
  /** Aborts the context's signal and calls the service's `stop()`. A second call does nothing. */
  stop(): void;
}

export interface TaskOptions extends Omit<ContextOptions, "signal"> {
  /** What the author wrote: a class, a function, an object. */
  readonly work: unknown;
  /** What it is called in messages. */
  readonly label: string;
  readonly stopTimeoutMs: number;
}

/** Constructs a class and begins its `run()`. Whatever goes wrong is told by `ended`. */
export function startTask(options: TaskOptions): Task {
  const abort = new AbortController();
  let stopping: Promise<void> = Promise.resolve();
  let runnable: Runnable | null = null;
  const work = async (): Promise<void> => {
    const context = createContext({ ...options, signal: abort.signal });
    runnable = createRunnable(options.work, options.label, context);
    if (runnable.deaf) options.output.err(ignoresStops(options.label, options.stopTimeoutMs));
    await runnable.run();
  };
  const finished = work().then(
    (): TaskEnd => ({ ok: true }),
    // What breaks off because of the stop, as an aborted fetch does, has done what it was asked.
    (error: unknown): TaskEnd => (abort.signal.aborted && isAbort(error, abort.signal) ? { ok: true } : { ok: false, error }),
  );
  return {
    ended: finished.then(async (end) => {
      await stopping;
      return end;
    }),
    stop: () => {
      if (abort.signal.aborted) return;
      abort.abort();
      stopping = (runnable?.stop() ?? stopping).catch((error: unknown) => options.output.err(`stop() threw ${describeThrown(error)}`));
    },
  };
}

/** With its stack and its causes. */
export function describeThrown(error: unknown): string {
  return inspect(error, { colors: false });
}

/** What breaks off because of the stop, as an aborted fetch does. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error as { readonly name?: unknown } | null)?.name === "AbortError";
}
