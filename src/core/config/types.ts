/** The config as a user writes it. What svc makes of it is in ../spec.ts. */

/** Milliseconds, or text: "500ms", "1.5s", "2m", "1h", "7d". Zero is allowed. */
export type Duration = number | `${number}ms` | `${number}s` | `${number}m` | `${number}h` | `${number}d`;

/** Bytes, or text in steps of 1,024: "64K", "10M", "2G". */
export type Size = number | `${number}${"K" | "M" | "G"}`;

/**
 * A command. Text is split like a shell would; /bin/sh runs it only where it needs one (pipes, globs, variables, a leading
 * NAME=, a shell's built-in). A list is run as it stands.
 */
export type CommandText = string | readonly string[];

/** null unsets a variable that svc itself was started with. */
export type EnvValue = string | number | boolean | null;

/** What a dependent waits for: any start, the readiness check, the health check, a successful end, any end. */
export type Condition = "started" | "ready" | "healthy" | "completed" | "ended";

/** The default export of a config file: a config, a promise of one, or a function returning either. */
export type ConfigSource = Config | Promise<Config> | (() => Config | Promise<Config>);

export interface Config {
  /**
   * Files of environment variables for all services, relative to the config; a later one wins. A named file that is missing
   * fails the start of each service. Default: ".env" beside the config, if it exists.
   */
  readonly envFile?: string | readonly string[];
  /** One deadline for stopping everything. Default "9s", under the 10 s that Docker gives. */
  readonly shutdownTimeout?: Duration;
  readonly log?: {
    /** Default "pretty" on a terminal, else "plain". */
    readonly format?: "pretty" | "plain" | "json";
  };
  /**
   * The services by name. A name begins with a letter, then up to 62 letters, digits, "_" or "-"; "svc" is reserved, and
   * two names must differ in more than case.
   */
  readonly services: Readonly<Record<string, ServiceConfig>>;
}

/** Exactly one of `command`, `service` and `module` says what is run. */
export interface ServiceConfig {
  /** A program with its arguments, such as "node server.js" or ["node", "server.js"]. */
  readonly command?: CommandText;
  /** A class with run() (and stop(), if it likes), an async function, or a factory: run in a process of its own. */
  readonly service?: ServiceClass | ServiceFunction | ServiceObject;
  /** A file whose default export is such a service, relative to the config. */
  readonly module?: string;
  /** What the class of `service` or `module` is constructed with: plain data. */
  readonly options?: unknown;
  /** Working directory, relative to the config. Default: the config's folder. */
  readonly cwd?: string;
  /** Stronger than the real environment; null unsets. */
  readonly env?: Readonly<Record<string, EnvValue>>;
  /** Files of variables, relative to the config, weaker than the real environment; read anew at every start. */
  readonly envFile?: string | readonly string[];
  /** How many processes of it run: web.1, web.2, … (SVC_INSTANCE=1, 2, …). Default: one, called by the service's name. */
  readonly instances?: number;
  /** PORT of the first instance; the second gets the next one. Default: PORT is left alone. */
  readonly portBase?: number;
  /** false: listed as stopped, started by name or as a dependency. Default true. */
  readonly autostart?: boolean;
  /** What must be there first: names (ready where they have a check, else started), or a condition for each name. */
  readonly dependsOn?: readonly string[] | Readonly<Record<string, Condition>>;
  /** When the service counts as ready. Default: as soon as its process exists. */
  readonly ready?: ReadyConfig;
  /** Whether it still works while it runs. Default: no check. */
  readonly health?: HealthConfig;
  /** After which endings it is started again. Default "on-failure". */
  readonly restart?: "always" | "on-failure" | "never";
  /** Exit codes (0–255) that are no failure. Default [0]. A death by a signal is always one. */
  readonly successExitCodes?: readonly number[];
  /** The delay before a restart. */
  readonly backoff?: BackoffConfig;
  /** How many restarts are made within a time before it is failed. Default: no limit. */
  readonly maxRestarts?: MaxRestartsConfig;
  /** How it is stopped. */
  readonly stop?: StopConfig;
  /** When it has ended for good, svc stops the rest and exits with its code. Default false. */
  readonly essential?: boolean;
  /** Restart what depends on it whenever it is restarted. Default false. */
  readonly restartDependents?: boolean;
  /** Files and folders, relative to the config, whose change restarts it. Default: none. */
  readonly watch?: string | readonly string[];
  /** Run as this user: a name or a uid. Default: as svc. */
  readonly user?: string | number;
  /** Run as this group: a name or a gid. Default: the user's. */
  readonly group?: string | number;
  /** File mode mask, octal text such as "027". Default: svc's. */
  readonly umask?: string;
  /** Niceness, -20 (first) to 19 (last). Default: svc's. */
  readonly nice?: number;
  /** Resource limits. Default: none. */
  readonly limits?: { readonly memory?: Size; readonly files?: number };
  /** Names of environment variables whose values are masked in this service's output. Default: none. */
  readonly secret?: readonly string[];
  /** Write its output to a rotated file too. Default: no. */
  readonly log?: LogFileConfig;
  /** Run again this long after the end of each run. */
  readonly every?: Duration;
  /** With `every`: whether the first run is at once. Default true. */
  readonly runOnStart?: boolean;
  /** Run at these times: minute, hour, day of the month, month, day of the week; or "@daily" and the like. */
  readonly cron?: string;
  /** The time zone of `cron`, such as "Europe/Berlin". Default: TZ, else UTC. */
  readonly timezone?: string;
  /** A run that is due while the last one goes on is skipped, or waits (one at most). Default "skip". */
  readonly overlap?: "skip" | "queue";
  /** A run that takes longer is stopped. Default: no limit. */
  readonly runTimeout?: Duration;
}

/** Exactly one of `http`, `tcp`, `exec`, `log`, `message`, `fd`, `notify`. */
export interface ReadyConfig extends Probe {
  /** Text, or a pattern, in one line of its output. */
  readonly log?: string | RegExp;
  /** It says so itself: process.send("ready"), or ctx.ready() in a TypeScript service. */
  readonly message?: true;
  /** It writes a newline to this descriptor (3 or more), whose number it also gets as NOTIFY_FD. */
  readonly fd?: number;
  /** It sends READY=1 to NOTIFY_SOCKET, as under systemd. */
  readonly notify?: true;
  /** From the end of one try to the next. Default "500ms". */
  readonly interval?: Duration;
  /** How long one try may take. Default "2s". */
  readonly tryTimeout?: Duration;
  /** Not ready in this time is a failed start. Default "30s". */
  readonly timeout?: Duration;
}

/** One of `http`, `tcp`, `exec`, and/or `eventLoop`. */
export interface HealthConfig extends Probe {
  /** TypeScript services: unhealthy when its event loop answers later than this. */
  readonly eventLoop?: Duration;
  /** From one check to the next. Default "10s". */
  readonly interval?: Duration;
  /** How long one check may take. Default "2s". */
  readonly timeout?: Duration;
  /** Failures in a row until it is unhealthy. Default 3. */
  readonly retries?: number;
  /** Failures in this time after the start do not count. Default 0. */
  readonly startPeriod?: Duration;
  /** What svc does then. Default "restart". */
  readonly onFailure?: "restart" | "shutdown" | "ignore";
}

export interface Probe {
  /** A URL (http or https) that must answer with `status`. Redirects are not followed. */
  readonly http?: string;
  /** One status, or the first and last of a range. Default [200, 399]. */
  readonly status?: number | readonly [number, number];
  /** Headers of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A port on 127.0.0.1, or "host:port", that must accept a connection. */
  readonly tcp?: number | `${string}:${number}`;
  /** A command that must exit 0. */
  readonly exec?: CommandText;
}

/** The n-th restart in a row waits initial × factor^(n-1), at most max, and up to `jitter` of that on top. */
export interface BackoffConfig {
  /** Default "500ms". */
  readonly initial?: Duration;
  /** 1 or more. Default 2. */
  readonly factor?: number;
  /** Default "30s". */
  readonly max?: Duration;
  /** 0 to 1. Default 0.1: up to 10 % longer. */
  readonly jitter?: number;
  /** After this long in `running` the delay begins anew. Default "30s". */
  readonly resetAfter?: Duration;
}

/** `{ count: 5, within: "1m" }`: five restarts in any minute are made, the sixth is `failed`. */
export interface MaxRestartsConfig {
  /** 1 or more. */
  readonly count: number;
  readonly within: Duration;
}

export interface StopConfig {
  /** Default "SIGTERM". */
  readonly signal?: `SIG${string}`;
  /** From the signal to SIGKILL for the whole tree. Default "5s". */
  readonly timeout?: Duration;
  /** Whom the signal reaches: its process group, or its main process. Default "group"; "main" for TypeScript services. */
  readonly target?: "group" | "main";
  /** Run instead of the signal, with SVC_PID set. */
  readonly command?: CommandText | undefined;
  /** false spares what has left its process group: daemons that it started for others. Default true. */
  readonly tree?: boolean;
}

export interface LogFileConfig {
  /** Relative to the config. */
  readonly file: string;
  /** Rotate at this size. Default "10M". */
  readonly maxSize?: Size;
  /** Remove rotated files that are older. Default: none is too old. */
  readonly maxAge?: Duration;
  /** How many files are kept, the current one included. Default 5. */
  readonly maxFiles?: number;
  /** All files of this log together. Default "500M". */
  readonly maxTotal?: Size;
  /** Compress rotated files. Default false. */
  readonly compress?: boolean;
}

// A class's parameters and a function's context are the author's own: `never` accepts any.
type ServiceClass = new (options: never) => ServiceObject;
type ServiceFunction = (context: never) => unknown;
interface ServiceObject {
  run(context: never): unknown;
  stop?(): unknown;
}
