/**
 * What a user may ask for, as plain data: the config after validation, with every default filled in, every path absolute
 * and every duration in milliseconds. It crosses a process boundary as JSON (the config is evaluated in a child), so it
 * holds nothing but JSON; lists of pairs stand where a name could be an object's key (`constructor` is a legal name).
 */

/** A program to run. `argv` is what is executed; `text` is what the user wrote, and what `list` shows. */
export interface Command {
  readonly argv: readonly string[];
  readonly text: string;
  /** True where `argv` is `/bin/sh -c text`, because the text needs a shell. */
  readonly shell: boolean;
}

export type Work =
  | { readonly kind: "command"; readonly command: Command }
  /** A class or function that stands in the config file: found again in the child by file and key; `hash` tells an edit. */
  | { readonly kind: "inline"; readonly file: string; readonly key: string; readonly hash: string; readonly label: string }
  /** A file whose default export is the service. `label` is the path as written; `hash` tells an edit of the file itself. */
  | { readonly kind: "module"; readonly file: string; readonly hash: string; readonly label: string };

export interface EnvFile {
  readonly path: string;
  /** A default file may be missing; a named one may not. */
  readonly optional: boolean;
}

export type Condition = "started" | "ready" | "healthy" | "completed" | "ended";

export interface Dependency {
  readonly service: string;
  readonly condition: Condition;
}

export interface HttpProbe {
  readonly kind: "http";
  readonly url: string;
  /** Inclusive; default 200–399. */
  readonly status: readonly [number, number];
  readonly headers: readonly (readonly [string, string])[];
}
export interface TcpProbe {
  readonly kind: "tcp";
  readonly host: string;
  readonly port: number;
}
export interface ExecProbe {
  readonly kind: "exec";
  readonly command: Command;
}

export type ReadyProbe =
  | HttpProbe
  | TcpProbe
  | ExecProbe
  | { readonly kind: "log"; readonly text: string }
  | { readonly kind: "log-pattern"; readonly source: string; readonly flags: string }
  | { readonly kind: "message" }
  | { readonly kind: "fd"; readonly fd: number }
  | { readonly kind: "notify" };

export interface Ready {
  readonly probe: ReadyProbe;
  readonly intervalMs: number;
  readonly tryTimeoutMs: number;
  readonly timeoutMs: number;
}

export interface Health {
  readonly probe: HttpProbe | TcpProbe | ExecProbe | null;
  readonly eventLoopMs: number | null;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
  readonly onFailure: "restart" | "shutdown" | "ignore";
}

export type RestartPolicy = "always" | "on-failure" | "never";

export interface Backoff {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** 0.1: the delay is lengthened by 0–10 %. */
  readonly jitter: number;
  readonly resetAfterMs: number;
}

export interface RestartLimit {
  readonly count: number;
  readonly withinMs: number;
}

export interface Stop {
  readonly signal: string;
  readonly timeoutMs: number;
  readonly target: "group" | "main";
  readonly command: Command | null;
  readonly tree: boolean;
}

export type Schedule =
  | { readonly kind: "every"; readonly everyMs: number; readonly runOnStart: boolean }
  | { readonly kind: "cron"; readonly pattern: string; readonly timezone: string | null };

/** The address of the socket that svc listens on for a service. */
export interface SocketSpec {
  /** An address or a name; null: every address of this machine. */
  readonly host: string | null;
  readonly port: number;
}

/** A log on the disk and its caps. Several services may share one. */
export interface LogFile {
  readonly file: string;
  readonly maxSize: number;
  readonly maxAgeMs: number | null;
  /** The current one is counted. */
  readonly maxFiles: number;
  readonly maxTotal: number;
  /** Of which files `maxTotal` is the sum: this log's, those of all services' logs, or those in the state folder. */
  readonly totalOf: "file" | "all" | "state";
  readonly compress: boolean;
}

export interface ServiceSpec {
  readonly name: string;
  readonly work: Work;
  /** What `new Heartbeat(options)` receives; JSON. */
  readonly options: unknown;
  readonly cwd: string;
  /** null unsets. */
  readonly env: readonly (readonly [string, string | null])[];
  readonly envFiles: readonly EnvFile[];
  /** null: not set, so that the one instance is called `web` and not `web.1`. */
  readonly instances: number | null;
  readonly portBase: number | null;
  readonly autostart: boolean;
  readonly dependsOn: readonly Dependency[];
  readonly ready: Ready | null;
  readonly health: Health | null;
  readonly restart: RestartPolicy;
  readonly successExitCodes: readonly number[];
  readonly backoff: Backoff;
  readonly maxRestarts: RestartLimit | null;
  readonly stop: Stop;
  readonly essential: boolean;
  readonly restartDependents: boolean;
  readonly watch: readonly string[];
  readonly user: string | number | null;
  readonly group: string | number | null;
  readonly umask: number | null;
  readonly nice: number | null;
  /** Sizes in bytes, counts as numbers: `[["memory", 536870912], ["files", 1024]]`. */
  readonly limits: readonly (readonly [string, number])[];
  readonly secret: readonly string[];
  readonly log: LogFile | null;
  readonly socket: SocketSpec | null;
  readonly schedule: Schedule | null;
  readonly overlap: "skip" | "queue";
  readonly runTimeoutMs: number | null;
}

export type LogFormat = "pretty" | "plain" | "json";

export interface FleetSpec {
  /** Real path of the config file; its folder is what relative paths start from. */
  readonly file: string;
  readonly folder: string;
  readonly shutdownTimeoutMs: number;
  /** null: pretty on a terminal, else plain. */
  readonly logFormat: LogFormat | null;
  /** Where svc's own words about nobody in particular are kept too. */
  readonly ownLog: LogFile | null;
  readonly envFiles: readonly EnvFile[];
  readonly services: readonly ServiceSpec[];
  /** Sentences that `svc check` and the start print: a stop timeout beyond the shutdown timeout, an unreachable limit… */
  readonly warnings: readonly string[];
}
