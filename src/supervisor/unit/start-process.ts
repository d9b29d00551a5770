import type { ServiceSpec } from "../../core/spec.ts";
import type { Child, SpawnRequest } from "../../effects/child.ts";
import { hostCommand } from "../../effects/spawn/host-program.ts";
import type { Cgroup } from "../../effects/tree/cgroup.ts";
import { treeOf } from "../../effects/tree/tree.ts";
import type { World } from "../world.ts";
import { needsChannel, openLink } from "./link.ts";
import { openNotify } from "./notify.ts";
import { cgroupFor, launchOf, loginOf, programRuns } from "./privileges.ts";
import { hideSecrets } from "./secrets.ts";
import type { Unit } from "./unit.ts";

export interface ProcessStart {
  /** Abandons it. */
  readonly signal: AbortSignal;
  /** What keeps its process between runs begins with one. */
  readonly now: boolean;
}

/** One process of a service, its pipes read and its channel followed. Rejects with a `SpawnError`. */
export async function startProcess(world: World, unit: Unit, { signal, now }: ProcessStart): Promise<Child> {
  const { spec, life } = unit;
  const { work } = spec;
  if (work.kind === "inline" && world.inside !== undefined) return adopt(world, unit, world.inside(spec.name), now);
  const argv = work.kind === "command" ? work.command.argv : hostCommand(work, unit.name);
  const notifyFd = spec.ready?.probe.kind === "fd" ? spec.ready.probe.fd : null;
  life.notify = spec.ready?.probe.kind === "notify" ? await openNotify(world, unit) : null;
  const extra = {
    [world.marker]: unit.name,
    ...(notifyFd === null ? {} : { NOTIFY_FD: String(notifyFd) }),
    ...passedOn(spec),
    ...(life.notify === null ? {} : { NOTIFY_SOCKET: life.notify.socket.address }),
  };
  const env = await world.environment(spec, { instance: unit.instance, restarts: unit.state.restarts, extra, login: await loginOf(spec) });
  hideSecrets(world, unit, env);
  // Before the process reads it: an edit in between is seen by the next reload.
  life.loaded = work.kind === "module" ? await (await import("../../effects/config/module-digest.ts")).moduleDigest(work.file) : null;
  const cgroup = await cgroupFor(world, unit);
  const child = await spawnIn(cgroup, world, spec, { argv, cwd: spec.cwd, env, signal, notifyFd: notifyFd ?? undefined });
  life.child = child;
  life.env = env;
  life.tree = treeOf(child, `${world.marker}=${unit.name}`, cgroup);
  life.link = openLink(world, unit, child, now);
  await programRuns(spec, child).catch((error) => endStillborn(world, unit, error));
  // Nobody has joined it, and from now on nobody will.
  if (cgroup?.isPopulated() === false) cgroup.dissolve();
  life.attached = unit.log.attach({ pid: child.pid, stdout: child.stdout, stderr: child.stderr });
  return child;
}

async function spawnIn(cgroup: Cgroup | null, world: World, spec: ServiceSpec, request: SpawnRequest): Promise<Child> {
  try {
    const launch = await launchOf(spec, request, cgroup);
    const listener = spec.socket === null ? undefined : await world.sockets.open(spec.name, spec.socket);
    return await world.spawn({ ...request, ...launch, ipc: needsChannel(spec), listener, cgroup: cgroup?.folder });
  } catch (error) {
    cgroup?.dissolve();
    throw error;
  }
}

/** sd_listen_fds(3). LISTEN_PID is for the process itself to say. */
function passedOn({ name, socket }: ServiceSpec): Readonly<Record<string, string>> {
  return socket === null ? {} : { LISTEN_FDS: "1", LISTEN_FDNAMES: name };
}

/** A service inside this process has no tree: there is nobody to signal, and nothing to clean up. */
function adopt(world: World, unit: Unit, child: Child, now: boolean): Child {
  const { life } = unit;
  hideSecrets(world, unit, process.env);
  life.child = child;
  // It has this process's environment, and so have the commands about it.
  life.env = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  life.attached = unit.log.attach({ pid: child.pid, stdout: child.stdout, stderr: child.stderr });
  life.link = openLink(world, unit, child, now);
  return child;
}

/** A start that got no further than to a process: nothing of that is left, and the start failed. */
async function endStillborn(world: World, { life }: Unit, error: unknown): Promise<never> {
  if (life.tree !== null) await world.trees.clean(life.tree);
  life.child = null;
  life.tree = null;
  throw error;
}
