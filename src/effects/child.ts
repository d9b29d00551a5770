import type { Readable } from "node:stream";

/**
 * The one interface behind which long-lived processes are started: `posix_spawn` where the native part is there,
 * `node:child_process` elsewhere and where an IPC channel is needed.
 */
export interface SpawnRequest {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment of the child. Its PATH is the one in which argv[0] is looked up. */
  readonly env: Readonly<Record<string, string>>;
  /** Gives the child a pipe on this descriptor (3 or more, 4 or more beside a `listener`), read as `notify`. The caller puts NOTIFY_FD into `env`. */
  readonly notifyFd?: number | undefined;
  /** Gives the child this listening socket of svc's as descriptor 3. */
  readonly listener?: number | undefined;
  /** Gives the child a channel for messages, which a Node process finds as `process.send`. */
  readonly ipc?: boolean | undefined;
  /** The folder of the cgroup that the process itself joins before its program runs: for those who look after its end. */
  readonly cgroup?: string | undefined;
  /** Abandons a start that still waits for its turn: it rejects with the signal's reason. A process that exists is not touched. */
  readonly signal?: AbortSignal | undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Child {
  readonly pid: number;
  /** Start time in clock ticks since boot; with the pid it names one process for good. 0 where there is no /proc. */
  readonly start: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The other end of `notifyFd`, or null where none was asked for. */
  readonly notify: Readable | null;
  /** The channel that `ipc` asked for, or null. */
  readonly channel: Channel | null;
  /** Resolves once, as soon as the main process has ended, whoever still holds its pipes. */
  readonly exited: Promise<Exit>;
}

/** Messages to and from a child, as JSON. */
export interface Channel {
  /** A message that the child can no longer get is dropped: its end is told by `exited`. */
  send(message: object): void;
  /** Called once; what came before the call is handed over at once. */
  onMessage(listener: (message: unknown) => void): void;
}

/**
 * Starts a process in a session (and so a process group) of its own, stdin from /dev/null.
 * Rejects with a `SpawnError` where it cannot start.
 */
export type Spawn = (request: SpawnRequest) => Promise<Child>;

export class SpawnError extends Error {
  /** ENOENT, EACCES, EAGAIN… */
  readonly code: string;
  /** What could not be found, run or had: the program, the working directory, a file. */
  readonly subject: string;
  /** A program that cannot be found or run has exit codes of its own (127, 126); what else it needs has none. */
  readonly about: "program" | "surroundings";

  constructor(code: string, subject: string, about: SpawnError["about"] = "program") {
    super(`cannot start: ${code} ${subject}`);
    this.name = "SpawnError";
    this.code = code;
    this.subject = subject;
    this.about = about;
  }
}
