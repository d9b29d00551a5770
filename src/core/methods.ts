import type { EnvOfService } from "./env-variables.ts";
import type { LogRecord } from "./protocol.ts";
import type { Row, ShownState } from "./row.ts";
import type { GraphNode, Status } from "./status.ts";

/** The methods of the control socket: what each takes and answers. They are named like the commands. */
export interface Methods {
  /** Answered by every version, so that either side can name the other's. */
  readonly hello: { readonly params: Nothing; readonly result: Hello };
  readonly list: {
    readonly params: { readonly graph?: boolean };
    readonly result: { readonly services: readonly Row[]; readonly graph?: readonly GraphNode[] };
  };
  readonly status: { readonly params: { readonly name: string }; readonly result: Status };
  /** Answers when all are up; the first failure is an error with exit code 1, its reason and its last lines. */
  readonly start: { readonly params: StartParams; readonly result: { readonly rows: readonly Row[] } };
  /** Without names everything is stopped, and the supervisor ends after the reply. */
  readonly stop: { readonly params: StopParams; readonly result: { readonly stopped: readonly string[]; readonly note: string | null } };
  /** Without names all services that are wanted. */
  readonly restart: { readonly params: { readonly names: readonly string[] }; readonly result: { readonly rows: readonly Row[] } };
  readonly logs: { readonly params: LogsParams; readonly result: Logs };
  readonly events: { readonly params: { readonly follow?: boolean }; readonly result: Nothing };
  /** Which variables a service has and where each is from. No value crosses the socket: a client that may see them reads /proc. */
  readonly env: { readonly params: { readonly name: string }; readonly result: { readonly services: readonly EnvOfService[] } };
  readonly signal: { readonly params: SignalParams; readonly result: Nothing };
  readonly health: { readonly params: Nothing; readonly result: { readonly ok: boolean; readonly problems: readonly string[] } };
  /** Answers when each instance that the name means has had the state. */
  readonly wait: { readonly params: WaitParams; readonly result: { readonly rows: readonly Row[] } };
  readonly reload: { readonly params: { readonly plan?: boolean }; readonly result: Reload };
  readonly scale: {
    readonly params: { readonly name: string; readonly count: number };
    readonly result: { readonly rows: readonly Row[] };
  };
}

export type MethodName = keyof Methods;
export type ParamsOf<M extends MethodName> = Methods[M]["params"];
export type ResultOf<M extends MethodName> = Methods[M]["result"];

export type Nothing = Readonly<Record<string, never>>;

export interface Hello {
  readonly version: string;
  readonly pid: number;
  /** Real path of the config file. */
  readonly config: string;
}

export interface StartParams {
  readonly names: readonly string[];
  /** Every service that is stopped, failed or skipped. */
  readonly all?: boolean;
  /** Runs a scheduled one now. */
  readonly now?: boolean;
}

export interface StopParams {
  readonly names: readonly string[];
  /** Milliseconds; in place of each service's own `stop.timeout`. */
  readonly timeoutMs?: number;
  /** SIGKILL at once. */
  readonly now?: boolean;
}

export interface LogsParams {
  /** Empty: all services, and svc's own words. */
  readonly names: readonly string[];
  readonly follow?: boolean;
  /** At most so many of the newest records in all, counted after the other filters. Default: all that are kept. */
  readonly lines?: number;
  /** ISO 8601: not older than. */
  readonly since?: string;
  /** ISO 8601: older than. */
  readonly until?: string;
  readonly stream?: string;
  /** Also answer where older lines are to be read, once the files hold all that came before. */
  readonly files?: boolean;
}

export interface Logs {
  readonly records: readonly LogRecord[];
  /** null where no file is kept; left out where it was not asked for. */
  readonly older?: OlderLogs | null;
}

/** The files that hold what is no longer in memory, and where memory begins. */
export interface OlderLogs {
  readonly paths: readonly string[];
  /** ISO 8601: what the files hold of this time and later is among the records, or news. */
  readonly asOf: string;
  /** The oldest record of each instance in memory, whatever the filters: its time, and how many are of that time. */
  readonly memory: readonly { readonly service: string; readonly instance: number; readonly time: string; readonly lines: number }[];
}

export interface SignalParams {
  readonly name: string;
  /** `SIGHUP`. */
  readonly signal: string;
  /** To the whole process group in place of the main process. */
  readonly group?: boolean;
}

export interface WaitParams {
  readonly name: string;
  readonly for: string;
  /** Milliseconds. Default: no limit. */
  readonly timeoutMs?: number;
}

export interface Reload {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly restarted: readonly string[];
  /** Services that get another number of instances: `worker=4`. */
  readonly scaled: readonly string[];
  /** Changed in place, without a restart. */
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  /** What has changed beside the services: `shutdownTimeout`, `log`, `envFile`. */
  readonly forAll: readonly string[];
}

/** The params of an `event` notification. */
export interface ServiceEvent {
  /** ISO 8601. */
  readonly time: string;
  readonly name: string;
  readonly service: string;
  readonly instance: number;
  readonly from: ShownState;
  readonly to: ShownState;
  readonly pid: number | null;
  /** Why, where there is more to say than the state: `exited 3`. */
  readonly reason: string | null;
}

/** The params of a `progress` notification: what a command still waits for. */
export interface Progress {
  readonly waiting: readonly string[];
}

/** The params of a `said` notification, while the config is read: what itself prints, and what svc warns of. */
export interface Said {
  readonly by: "config" | "svc";
  readonly line: string;
}

/** Stands in a stream of notifications for the ones that a slow follower has missed. */
export interface Dropped {
  readonly dropped: number;
}
