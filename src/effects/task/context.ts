import type { LogFields, ServiceContext, ServiceLogger } from "../../core/config/service-types.ts";
import { formatDuration, parseDuration } from "../../core/duration.ts";
import { logLine } from "../../core/log-line.ts";
import type { Clock } from "../clock.ts";

/** Where a service's lines go; a line may be several, and comes without its newline. */
export interface TaskOutput {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

export interface ContextOptions {
  readonly name: string;
  readonly instance: number;
  readonly options: unknown;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "arm">;
  readonly output: TaskOutput;
  readonly onReady: () => void;
}

export function createContext({ name, instance, options, signal, clock, output, onReady }: ContextOptions): ServiceContext {
  const sleep: ServiceContext["sleep"] = async (duration) => {
    const ms = parseDuration(duration);
    if (ms === null) throw new TypeError(`cannot sleep for ${String(duration)}: write milliseconds, or text such as "30s" or "5m"`);
    return sleepFor(clock, ms, signal);
  };
  return { name, instance, signal, options, log: createLogger(output), sleep, ready: () => onReady() };
}

/** Resolves with true after `ms`, with false as soon as the signal is aborted. */
export function sleepFor(clock: Pick<Clock, "arm">, ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const end = (whole: boolean): void => {
      disarm();
      signal.removeEventListener("abort", onAbort);
      resolve(whole);
    };
    const onAbort = (): void => end(false);
    const disarm = clock.arm(ms, () => end(true));
    signal.addEventListener("abort", onAbort);
  });
}

/** A service that ignores its stop, in a sentence for its start. */
export function ignoresStops(label: string, stopTimeoutMs: number): string {
  return `warning: ${label} has no stop(), and its run() takes no ctx: a stop cannot reach it, and kills it after ${formatDuration(stopTimeoutMs)}`;
}

function createLogger({ out, err }: TaskOutput): ServiceLogger {
  const to = (write: (line: string) => void) => (message: string, fields?: LogFields) => write(logLine(message, fields));
  return Object.assign(to(out), { warn: to(err), error: to(err) });
}
