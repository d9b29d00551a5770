import type { Duration } from "./part-types.ts";

/** What a service written in TypeScript is, and what it is given: the public types behind `service` and `module`. */

/** A service: any object with `run()`; no base class is needed. */
export interface Service<Options = unknown> {
  /** The work. Its return is the end of the service (exit 0); a throw is a crash. */
  run(context: ServiceContext<Options>): unknown;
  /** Called once when a stop is asked, after `context.signal` was aborted; `run()` is waited for all the same. */
  stop?(): unknown;
}

/** A class is constructed with `options`, in the service's own process and with its environment. */
export type ServiceClass = new (options: never) => Service;

/**
 * A function is called with the context. If what it returns (awaited) has `run`, that is the service; otherwise the call was
 * the work.
 */
export type ServiceFunction<Options = unknown> = Bivariant<Options>["call"];

/** A method's parameter may be narrower than declared: so the author may name the type of the options. */
interface Bivariant<Options> {
  call(context: ServiceContext<Options>): unknown;
}

/** Values beside a message of the log. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes `message key=value` to stdout; `warn` and `error` to stderr. */
export interface ServiceLogger {
  (message: string, fields?: LogFields): void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
}

/** What `run()` and functions are given. Each part also works when taken out of the object. */
export interface ServiceContext<Options = unknown> {
  /** The service's name in the config. */
  readonly name: string;
  /** From 1. */
  readonly instance: number;
  /** Aborts when a stop is asked. */
  readonly signal: AbortSignal;
  /** `options` of the config; undefined where it has none. */
  readonly options: Options;
  readonly log: ServiceLogger;
  /** Resolves with true after the time, with false at once when a stop is asked. Rejects with a TypeError for no duration. */
  readonly sleep: (duration: Duration) => Promise<boolean>;
  /** Says that the service is ready; it counts where the config has `ready: { message: true }`. */
  readonly ready: () => void;
}
