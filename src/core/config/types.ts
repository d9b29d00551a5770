/** The config as a user writes it. What svc makes of it is in ../spec.ts. */

import type { BackoffConfig, Duration, LimitsConfig, LogFileConfig, MaxRestartsConfig, SocketConfig, StopConfig } from "./part-types.ts";
import type { HealthConfig, ReadyConfig } from "./probe-types.ts";
import type { Schedule } from "./schedule-types.ts";
import type { Work } from "./work-types.ts";

/** null unsets a variable that svc itself was started with. */
export type EnvValue = string | number | boolean | null;

/** What a dependent waits for: any start, the readiness check, the health check, a successful end, any end. */
export type Condition = "started" | "ready" | "healthy" | "completed" | "ended";

/** The default export of a config file: a config, a promise of one, or a function returning either. */
export type ConfigSource = Config | Promise<Config> | (() => Config | Promise<Config>);

export interface Config {
  /** For editors: the place of the JSON schema, in a services.json. */
  readonly $schema?: string;
  /**
   * Files of environment variables for all services, relative to the config; a later one wins. A named file that is missing
   * fails the start of each service. Default: ".env" beside the config, if it exists.
   */
  readonly envFile?: string | readonly string[];
  /** One deadline for stopping everything. Default "9s", under the 10 s that Docker gives. */
  readonly shutdownTimeout?: Duration;
  /** How output is shown, and where it is kept in files too, of all services and of svc itself. Default: in no file. */
  readonly log?: {
    /** Default "pretty" on a terminal, else "plain". */
    readonly format?: "pretty" | "plain" | "json";
  } & LogFileConfig;
  /**
   * The services by name. A name begins with a letter, then up to 62 letters, digits, "_" or "-"; "svc" is reserved, and
   * two names must differ in more than case.
   */
  readonly services: Readonly<Record<string, ServiceConfig>>;
}

/** Exactly one of `command`, `service` and `module` says what is run, at most one of `every` and `cron` when. */
export type ServiceConfig = ServiceKeys & Work & Schedule;

export interface ServiceKeys {
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
  /** Resource limits. Default: svc's own. */
  readonly limits?: LimitsConfig;
  /** Names of environment variables whose values are masked in this service's output. Default: none. */
  readonly secret?: readonly string[];
  /** Where its output is kept in a file too; what is left out is as in the root's `log`. */
  readonly log?: LogFileConfig;
  /**
   * svc listens here and hands the socket to each process of the service as descriptor 3, as systemd does (LISTEN_FDS):
   * connections wait while it restarts, and all instances share the port. A number is the port. Default: none.
   */
  readonly socket?: number | SocketConfig;
}
