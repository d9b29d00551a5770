/** The parts of a service's config. */

/** Milliseconds, or text: "500ms", "1.5s", "2m", "1h", "7d". Zero is allowed. */
export type Duration = number | `${number}ms` | `${number}s` | `${number}m` | `${number}h` | `${number}d`;

/** Bytes, or text in steps of 1,024: "64K", "10M", "2G". */
export type Size = number | `${number}${"K" | "M" | "G"}`;

/**
 * A command. Text is split like a shell would; /bin/sh runs it only where it needs one (pipes, globs, variables, a leading
 * NAME=, a shell's built-in). A list is run as it stands.
 */
export type CommandText = string | readonly string[];

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

export interface LimitsConfig {
  /** Resident memory of the whole tree; above it the service is stopped, which is a crash. */
  readonly memory?: Size;
  /** Open files of each process, soft and hard. */
  readonly files?: number;
  /** The size of a core dump. */
  readonly core?: Size;
}

export interface SocketConfig {
  /** 1 to 65535. */
  readonly port: number;
  /** An address or a name. Default: every address of this machine. */
  readonly host?: string;
}

/** At most one of `file` and `dir`. */
export type LogFileConfig = LogFileRules & LogFilePlace;

interface LogFileRules {
  /** Rotate at this size. Default "10M". */
  readonly maxSize?: Size;
  /** Rotate a file whose first line is older, and remove rotated files that are. Default: none is too old. */
  readonly maxAge?: Duration;
  /** How many files are kept, the current one included. Default 5. */
  readonly maxFiles?: number;
  /** All files of this log together; the root's: of all logs. Default "500M". */
  readonly maxTotal?: Size;
  /** Compress rotated files (gzip). Default false. */
  readonly compress?: boolean;
}

type LogFilePlace =
  | {
      /** A file, relative to the config; for the root's `log` one for all. */
      readonly file?: string;
      readonly dir?: never;
    }
  | {
      /** In its place: a folder, relative to the config, in which each service has its file, `web.log`. */
      readonly dir?: string;
      readonly file?: never;
    };
