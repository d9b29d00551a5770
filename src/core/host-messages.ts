import type { Schedule, Work } from "./spec.ts";

/** What svc and the host of a TypeScript service tell each other over the channel between them. */

export type HostedWork = Exclude<Work, { readonly kind: "command" }>;

/** The service to run. It does not come as an argument: those can be read by every user of the machine. */
export interface ServeRequest {
  readonly name: string;
  readonly instance: number;
  readonly work: HostedWork;
  readonly options: unknown;
  /** The signal that asks for a stop. */
  readonly stopSignal: string;
  readonly stopTimeoutMs: number;
  readonly schedule: Schedule | null;
  readonly overlap: "skip" | "queue";
  readonly runTimeoutMs: number | null;
  /** The first run is at once, whatever the schedule says. */
  readonly runNow: boolean;
}

export type ToHost =
  | { readonly svc: "serve"; readonly request: ServeRequest }
  /** A stop that is asked before the host listens to signals. */
  | { readonly svc: "stop" }
  /** Run what waits for its schedule at once. */
  | { readonly svc: "run" }
  /** To be answered as soon as the event loop turns, and the service is loaded. */
  | { readonly svc: "live" }
  /** A service that runs inside svc's own process cannot be killed: it is given up. */
  | { readonly svc: "kill" };

export type FromHost =
  /** The digest of the source of a service that stands in the config, which may have been edited since svc has read it. */
  | { readonly svc: "found"; readonly hash: string }
  /** From now on a signal asks for a stop; before, it would kill. */
  | { readonly svc: "listening" }
  | { readonly svc: "alive" }
  /** When the next run of the schedule is, in milliseconds since the epoch; null while one goes on. */
  | { readonly svc: "planned"; readonly dueAt: number | null }
  | { readonly svc: "runFailed"; readonly reason: string }
  /** A run takes longer than its limit. */
  | { readonly svc: "overdue" };

/** What a service says when it is ready, in the host (`ctx.ready()`) or as a command of its own (`process.send("ready")`). */
export const READY_MESSAGE = "ready";

export function isFromHost(message: unknown): message is FromHost {
  return typeof message === "object" && message !== null && typeof (message as { readonly svc?: unknown }).svc === "string";
}
