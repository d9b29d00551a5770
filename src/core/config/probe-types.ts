import type { CommandText, Duration } from "./part-types.ts";

/** `ready` and `health`: the types refuse what the schema refuses, so that an editor says it first. */

/** Exactly one of `http`, `tcp`, `exec`, `log`, `message`, `fd`, `notify`. */
export type ReadyConfig = ReadyTimes & OneCheck<ReadyChecks>;

/** One of `http`, `tcp`, `exec`, and/or `eventLoop`. */
export type HealthConfig = HealthRules & ((OneCheck<Probes> & Partial<EventLoop>) | (EventLoop & None<Probes & HttpAnswer>));

/** A check, without the others, and what goes with `http` only with that. */
type OneCheck<Checks> = {
  [Kind in keyof Checks]: Pick<Checks, Kind> & None<Omit<Checks, Kind>> & (Kind extends "http" ? Partial<HttpAnswer> : None<HttpAnswer>);
}[keyof Checks];

type None<Keys> = { readonly [Key in keyof Keys]?: never };

interface Probes {
  /** A URL (http or https) that must answer with `status`. Redirects are not followed. */
  readonly http: string;
  /** A port on 127.0.0.1 (a number, or its digits), or "host:port", that must accept a connection. */
  readonly tcp: number | string;
  /** A command that must exit 0. */
  readonly exec: CommandText;
}

interface ReadyChecks extends Probes {
  /** Text, or a pattern, in one line of its output. */
  readonly log: string | RegExp;
  /** It says so itself: process.send("ready"), or ctx.ready() in a TypeScript service. */
  readonly message: true;
  /** It writes a newline to this descriptor (3 or more), whose number it also gets as NOTIFY_FD. */
  readonly fd: number;
  /** It sends READY=1 to NOTIFY_SOCKET, as under systemd. */
  readonly notify: true;
}

interface HttpAnswer {
  /** One status, or the first and last of a range. Default [200, 399]. */
  readonly status: number | readonly [number, number];
  /** Headers of the request. */
  readonly headers: Readonly<Record<string, string>>;
}

interface EventLoop {
  /** TypeScript services: unhealthy at once when its event loop does not answer in this time. */
  readonly eventLoop: Duration;
}

interface ReadyTimes {
  /** From the end of one try to the next. Default "500ms". */
  readonly interval?: Duration;
  /** How long one try may take. Default "2s". */
  readonly tryTimeout?: Duration;
  /** Not ready in this time is a failed start. Default "30s". */
  readonly timeout?: Duration;
}

interface HealthRules {
  /** From one check to the next. Default "10s". */
  readonly interval?: Duration;
  /** How long one check may take. Default "2s". */
  readonly timeout?: Duration;
  /** Failures in a row until it is unhealthy. Default 3. */
  readonly retries?: number;
  /** Failures in this time after the start do not count, until the check has passed once. Default 0. */
  readonly startPeriod?: Duration;
  /** What svc does then: restart it, stop everything (exit code 1), or only show it. Default "restart". */
  readonly onFailure?: "restart" | "shutdown" | "ignore";
}
