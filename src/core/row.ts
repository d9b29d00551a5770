/** One row of `svc list --json`. The field names are part of the contract. */

export type ShownState =
  | "stopped"
  | "waiting"
  | "scheduled"
  | "starting"
  | "running"
  | "unhealthy"
  | "stopping"
  | "backoff"
  | "completed"
  | "failed"
  | "skipped";

export type EndingKind = "exited" | "killed" | "killed-by-svc" | "cannot-start" | "not-ready" | "unhealthy" | "memory" | "run-timeout";

export interface LastExit {
  /** One of code and signal is null; both where the process could not start. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly kind: EndingKind;
  /** The sentence: `exited 3`, `killed by SIGKILL`, `cannot start: ENOENT node`… */
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface Row {
  readonly name: string;
  readonly service: string;
  readonly instance: number;
  readonly state: ShownState;
  readonly pid: number | null;
  readonly startedAt: string | null;
  readonly uptimeMs: number | null;
  readonly restarts: number;
  readonly ready: boolean;
  readonly healthy: boolean | null;
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly lastExit: LastExit | null;
  readonly nextStartAt: string | null;
  readonly command: string;
}
