import type { Command, ExecProbe, FleetSpec, HttpProbe, ServiceSpec, TcpProbe } from "../core/spec.ts";
import type { WatchNews, WatchRequest } from "../core/watching.ts";
import type { ProbeResult } from "../effects/checks/probes.ts";
import type { Child, Spawn } from "../effects/child.ts";
import type { Clock } from "../effects/clock.ts";
import type { LogHub } from "../effects/log/hub.ts";
import type { NotifySocket } from "../effects/sockets/notify-socket.ts";
import type { Sockets } from "../effects/sockets/sockets.ts";
import type { Cgroups } from "../effects/tree/cgroups.ts";
import type { Trees } from "../effects/tree/tree.ts";
import type { Watcher } from "../effects/watcher.ts";

/** Everything outside that the supervisor acts on. Handed in, so that a test can hand in its own. */
export interface World {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly spawn: Spawn;
  readonly trees: Trees;
  readonly logs: LogHub;
  readonly sockets: Sockets;
  /** Without it no service has one. */
  readonly cgroups?: Cgroups;
  /** The name of the variable by which the processes of this supervisor's life are found again: `SVC_TREE_<id>`. */
  readonly marker: string;
  /** The whole environment of one start; its files are read anew each time. Rejects with a `SpawnError`. */
  readonly environment: (spec: ServiceSpec, start: StartOfService) => Promise<Record<string, string>>;
  /** Where a process can say that it is ready, and how it stands (sd_notify(3)). Rejects with a `SpawnError`. */
  readonly openNotify: (request: NotifyRequest) => Promise<NotifySocket>;
  /** Starts an inline service inside this process, in an app; without it, it gets a process of its own. */
  readonly inside?: (service: string) => Child;
  /** Where each of these variables of a service is from: a file, or `environment`, `user`, `svc`. */
  readonly environmentSources: (spec: ServiceSpec, names: readonly string[], login: ReadonlySet<string>) => Promise<readonly string[]>;
  /** One try of a check; never rejects. */
  readonly probe: (probe: HttpProbe | TcpProbe | ExecProbe, attempt: Attempt) => Promise<ProbeResult>;
  /** Watches files in a process of its own until it is closed. Without it nothing is watched. */
  readonly startWatcher?: (request: WatchRequest, onNews: (news: WatchNews) => void) => Promise<Watcher>;
  /** Is told of the config in force: at the start, and at each reload. */
  readonly heed?: (spec: FleetSpec) => void;
  /** Resolves with null when the command succeeded, else with how it ended. */
  readonly runStopCommand: (command: Command, run: StopCommandRun) => Promise<string | null>;
}

export interface StartOfService {
  readonly instance: number;
  readonly restarts: number;
  /** What svc adds for itself: the marker, NOTIFY_FD. */
  readonly extra: Readonly<Record<string, string>>;
  /** The config whose env files are read. Default: that in force. */
  readonly fleet?: FleetSpec;
  /** What its user's login sets in place of svc's own; undefined unsets. */
  readonly login: Readonly<Record<string, string | undefined>>;
}

export interface NotifyRequest {
  /** The instance's. */
  readonly name: string;
  /** Whether the process has the user that svc has, and so gets into svc's own folders. */
  readonly ownUser: boolean;
}

export interface Attempt {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Is told of the group of a command as soon as it is there; what it returns is called when nobody is left in that. */
  readonly onStarted?: ((leader: number) => () => void) | undefined;
}

export interface StopCommandRun {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
  readonly timeoutMs: number;
  /** What the command has started ends with it, and not only if it is still there at the end of the service's tree. */
  readonly endsTree: boolean;
  readonly onLine: (line: string) => void;
  /** As that of an attempt. */
  readonly onStarted?: ((leader: number) => () => void) | undefined;
}
