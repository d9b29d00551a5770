import type { EndingKind } from "../row.ts";
import type { Backoff, RestartLimit, RestartPolicy } from "../spec.ts";

/** How a process ended, or why none came to be. One of code and signal is null; both where it could not start. */
export interface Ending {
  readonly kind: EndingKind;
  readonly code: number | null;
  readonly signal: string | null;
  /** Why its program could not be started: ENOENT, EACCES…; null where there was a process, or something else was missing. */
  readonly errno: string | null;
  /** The sentence that `list` and `status` show. */
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What comes after the process that is being stopped. */
export type AfterStop =
  | { readonly next: "stopped" }
  | { readonly next: "start" }
  /** svc itself stops it (not ready in time, over its memory limit…): its end is a crash of this kind. */
  | { readonly next: "crash"; readonly kind: EndingKind; readonly reason: string };

/** What comes once nothing of an ended process's tree is left. */
export type AfterClean = "stopped" | "start" | "completed" | "failed" | "scheduled";

export type Phase =
  | { readonly tag: "stopped" }
  /** `now`: once its dependencies are there, it runs without waiting for its schedule. */
  | { readonly tag: "waiting"; readonly now?: boolean }
  /** A command between two runs of its schedule. */
  | { readonly tag: "scheduled" }
  /** Asked for; the process does not exist yet. `stop`: it is to be stopped as soon as it does. */
  | { readonly tag: "spawning"; readonly stop: null | { readonly timeoutMs: number } }
  | { readonly tag: "starting"; readonly pid: number }
  | { readonly tag: "running"; readonly pid: number }
  /** It lives, and its health check fails; `reason` says how. */
  | { readonly tag: "unhealthy"; readonly pid: number; readonly reason: string }
  | { readonly tag: "stopping"; readonly pid: number; readonly after: AfterStop; readonly killed: boolean; readonly timeoutMs: number }
  /** The main process has ended; what is left of its tree is being ended. `patient`: it was asked to stop too, and the kill timer runs on. */
  | { readonly tag: "cleaning"; readonly after: AfterClean; readonly patient: boolean }
  /** The restart timer runs, and the old tree is ended meanwhile: the new process comes when both are done. */
  | { readonly tag: "backoff"; readonly cleaned: boolean; readonly due: boolean }
  | { readonly tag: "completed" }
  | { readonly tag: "failed" }
  | { readonly tag: "skipped" };

export type CheckName = "probe" | "eventLoop";

/** What one health check has found so far. */
export interface Check {
  /** null before the first verdict. */
  readonly well: boolean | null;
  /** In a row, as far as they count. */
  readonly failures: number;
  /** `why`: what a failure was, as what follows "unhealthy:"; null where it passed. */
  readonly last: null | { readonly at: number; readonly why: string | null };
}

/** What is known of the health of one process. `startPeriod`: failures of a check that has not passed yet do not count. */
export interface Checks extends Readonly<Record<CheckName, Check>> {
  readonly startPeriod: boolean;
}

export interface State {
  readonly phase: Phase;
  /** Crashes since the delay was last reset: the exponent of the backoff. */
  readonly attempt: number;
  /** Automatic restarts since the last start by command. */
  readonly restarts: number;
  /** When they were due, as far back as the restart limit looks. */
  readonly restartTimes: readonly number[];
  readonly startedAt: number | null;
  readonly nextStartAt: number | null;
  readonly lastExit: Ending | null;
  /** Why it is failed or skipped; null in every other phase. */
  readonly gaveUp: string | null;
  /** Of the process that lives, or else lived last; null where it has no health check. */
  readonly checks: Checks | null;
}

export type TimerName = "ready" | "stable" | "backoff" | "kill" | "run" | "startPeriod";

/** Facts in the past tense, commands as verbs. `at` is milliseconds since the epoch; `roll` is a random number in [0, 1). */
export type Event =
  /** `now`: one that waits for its schedule runs at once. */
  | { readonly type: "start"; readonly at: number; readonly now?: boolean }
  /** `timeoutMs` replaces the service's own stop timeout; 0 kills at once. */
  | { readonly type: "stop"; readonly at: number; readonly timeoutMs?: number }
  /** `automatic`: svc's own doing, which takes over no command. */
  | { readonly type: "restart"; readonly at: number; readonly automatic?: true }
  | { readonly type: "dependenciesMet"; readonly at: number }
  | { readonly type: "dependencyFailed"; readonly at: number; readonly reason: string }
  | { readonly type: "spawned"; readonly at: number; readonly pid: number }
  /** `about`: whether the program itself could not be found or run, or something that it needs. */
  | {
      readonly type: "spawnFailed";
      readonly at: number;
      readonly roll: number;
      readonly code: string;
      readonly subject: string;
      readonly about: "program" | "surroundings";
    }
  | { readonly type: "ready"; readonly at: number }
  /** A health check passed (`why` is null) or failed. */
  | { readonly type: "checked"; readonly at: number; readonly check: CheckName; readonly why: string | null }
  /** Other health checks than before are asked for, of a process that may live. */
  | { readonly type: "checksChanged"; readonly at: number }
  /** The resident memory of its tree was seen above the limit. */
  | { readonly type: "overMemory"; readonly at: number }
  | {
      readonly type: "exited";
      readonly at: number;
      readonly roll: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
  | { readonly type: "cleaned"; readonly at: number }
  /** It is known when the next run of a schedule is; null: never. */
  | { readonly type: "planned"; readonly at: number; readonly dueAt: number | null }
  /** The planned time has come. */
  | { readonly type: "due"; readonly at: number }
  /** One run of a service that keeps its process between runs has failed. */
  | { readonly type: "runFailed"; readonly at: number; readonly reason: string }
  | { readonly type: "elapsed"; readonly at: number; readonly timer: TimerName };

export type Effect =
  /** `now`: a service that keeps its process between runs is to begin with one, whatever its schedule says. */
  | { readonly type: "spawn"; readonly now?: boolean }
  /** The start that is queued is not wanted any more; it ends as `spawned` or as `spawnFailed` with the code ABORTED. */
  | { readonly type: "cancelSpawn" }
  /** The polite stop: the stop command, or the stop signal and SIGCONT. */
  | { readonly type: "askToStop"; readonly pid: number }
  /** SIGKILL to the whole tree. */
  | { readonly type: "kill"; readonly pid: number }
  /** The main process has ended: end the rest of its tree, then report `cleaned`. `patient`: wait for the group to end by itself first. */
  | { readonly type: "clean"; readonly patient: boolean }
  /** SIGKILL to what is left of the tree, while a patient clean waits for it. */
  | { readonly type: "killRest" }
  /** Find out when the next run of the schedule is, and wait for it. */
  | { readonly type: "planRun"; readonly first: boolean }
  | { readonly type: "cancelRun" }
  | { readonly type: "watchReadiness" }
  | { readonly type: "endReadiness" }
  | { readonly type: "watchHealth" }
  | { readonly type: "endHealth" }
  | { readonly type: "arm"; readonly timer: TimerName; readonly ms: number }
  | { readonly type: "disarm"; readonly timer: TimerName };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** What the reducer needs to know of a service. */
export interface Policy {
  readonly restart: RestartPolicy;
  readonly successExitCodes: readonly number[];
  readonly backoff: Backoff;
  readonly maxRestarts: RestartLimit | null;
  readonly stop: { readonly timeoutMs: number };
  /** null: no readiness check, so that a process that exists is running. */
  readonly ready: { readonly timeoutMs: number } | null;
  readonly health: HealthPolicy | null;
  /** A command on a schedule has a process for each run; a TypeScript service keeps its own. */
  readonly work: { readonly kind: "command" | "inline" | "module" };
  readonly schedule: object | null;
  readonly runTimeoutMs: number | null;
}

export interface HealthPolicy {
  readonly probe: object | null;
  readonly eventLoopMs: number | null;
  readonly retries: number;
  readonly startPeriodMs: number;
  readonly onFailure: "restart" | "shutdown" | "ignore";
}

export const INITIAL: State = {
  phase: { tag: "stopped" },
  attempt: 0,
  restarts: 0,
  restartTimes: [],
  startedAt: null,
  nextStartAt: null,
  lastExit: null,
  gaveUp: null,
  checks: null,
};

/** The code of a `spawnFailed` that follows a `cancelSpawn`. */
export const ABORTED = "ABORTED";
