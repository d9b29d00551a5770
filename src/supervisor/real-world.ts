import { markerName } from "../core/marker.ts";
import type { FleetSpec } from "../core/spec.ts";
import type { ProbeTry } from "../effects/checks/probes.ts";
import type { Clock } from "../effects/clock.ts";
import { serviceEnvironment } from "../effects/config/env-files.ts";
import { lifeId } from "../effects/life-id.ts";
import type { LogHub } from "../effects/log/hub.ts";
import { createSockets } from "../effects/sockets/sockets.ts";
import type { NativeProcesses } from "../effects/spawn/native-processes.ts";
import { spawnNode } from "../effects/spawn/node.ts";
import { createSpawner } from "../effects/spawn/queue.ts";
import type { Cgroups, CgroupsOptions } from "../effects/tree/cgroups.ts";
import { createTags } from "../effects/tree/tag.ts";
import { createTrees, type Trees, treeOf } from "../effects/tree/tree.ts";
import type { Attempt, World } from "./world.ts";

export interface WorldOptions {
  readonly clock: Clock;
  readonly logs: LogHub;
  /** The real environment: as svc was started with. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Services are asked for colours: see `serviceEnvironment`. Default: false. */
  readonly colour?: boolean;
  /** null where the native part is missing: Node starts the processes then. */
  readonly native: NativeProcesses | null;
  /** svc's own runtime folder, or null where it has none. */
  readonly runtimeFolder: string | null;
  /** The config in force: a reload changes its env files. */
  readonly fleetSpec: () => FleetSpec;
  /** Whether services may have cgroups. Default false: what an app's own cgroup holds is for the app to say. */
  readonly cgroups?: boolean;
}

/** The world as it is: real processes, real time. Sockets, checks and stop commands are loaded when the first one is needed. */
export function realWorld({ clock, logs, env, colour = false, native, runtimeFolder, fleetSpec, cgroups }: WorldOptions): World {
  const marker = markerName(lifeId());
  const trees = createTrees({ clock, orphans: native?.orphans ?? null });
  const openTag = native === null ? undefined : createTags({ ...native, clock });
  const marked = checkMarker(trees, marker);
  return {
    clock,
    random: Math.random,
    spawn: createSpawner(native?.spawn ?? spawnNode),
    trees,
    logs,
    ...(cgroups && { cgroups: laterCgroups({ clock, marker }) }),
    sockets: createSockets(async (socket) => (await import("../effects/sockets/listener.ts")).openListener(socket)),
    marker,
    environment: (spec, start) => serviceEnvironment({ spec, fleet: fleetSpec(), base: env, colour, ...start }),
    openNotify: async ({ name, ownUser }) => {
      const { openNotifySocket } = await import("../effects/sockets/notify-socket.ts");
      return openNotifySocket({ folder: ownUser ? runtimeFolder : null, name, life: marker, env });
    },
    probe: async (probe, attempt) => (await import("../effects/checks/probes.ts")).tryProbe(probe, { ...marked(attempt), openTag }),
    environmentSources: async (spec, names, login) =>
      (await import("../effects/config/env-sources.ts")).environmentSources({ spec, fleet: fleetSpec(), base: env, names, login }),
    startWatcher: async (request, onNews) => {
      const onLost = (reason: string): void => logs.say(`the watcher has ended (${reason}); starting it again`);
      return (await import("../effects/watcher.ts")).startWatcher({ clock, env, request, onNews, onLost });
    },
    runStopCommand: async (command, { endsTree, ...run }) =>
      (await import("../effects/checks/stop-command.ts")).runStopCommand(command, { ...run, openTag: endsTree ? openTag : undefined }),
  };
}

/** Looked for when the first service may have one. */
function laterCgroups(options: CgroupsOptions): Cgroups {
  let opened: Cgroups | null = null;
  return {
    async open(instance) {
      const { openCgroups } = await import("../effects/tree/cgroups.ts");
      opened ??= openCgroups(options);
      return opened.open(instance);
    },
    around: () => opened?.around() ?? null,
  };
}

/** A check's own marker beside that of its service, so that all that one try has started is found again. */
function checkMarker(trees: Trees, marker: string): (attempt: Attempt) => ProbeTry {
  let count = 0;
  return (attempt) => {
    count += 1;
    const name = `${marker}C${count}`;
    return {
      ...attempt,
      env: { ...attempt.env, [name]: "check" },
      endTree: (leader) => trees.kill(treeOf({ pid: leader, start: 0 }, `${name}=check`)),
    };
  };
}
