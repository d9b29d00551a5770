import { isPassing } from "../../core/machine/ending.ts";
import type { Launch } from "../../core/prelude.ts";
import type { Command, ExecProbe, HttpProbe, ServiceSpec, TcpProbe } from "../../core/spec.ts";
import type { ProbeResult } from "../../effects/checks/probes.ts";
import type { Child } from "../../effects/child.ts";
import type { ProgramRequest } from "../../effects/spawn/program.ts";
import type { Cgroup } from "../../effects/tree/cgroup.ts";
import type { Attempt, World } from "../world.ts";
import { asSpawnError } from "./shortage.ts";
import type { Unit } from "./unit.ts";

/** What is asked for beyond svc's own rights and limits. Most services ask for nothing, and load none of it. */

export function hasPrelude(spec: ServiceSpec): boolean {
  const { umask, nice, limits, socket } = spec;
  return changesUser(spec) || umask !== null || nice !== null || socket !== null || limits.some(([name]) => name !== "memory");
}

function changesUser({ user, group }: ServiceSpec): boolean {
  return user !== null || group !== null;
}

/**
 * The cgroup for one start. What has a prelude anyway joins one: where it has another user, there is no other sure way to find
 * what it leaves; and a start without a prelude is not to become dearer. Null where none is to be had, or none is to be ended.
 */
export async function cgroupFor(world: World, { name, spec }: Pick<Unit, "name" | "spec">): Promise<Cgroup | null> {
  return hasPrelude(spec) && spec.stop.tree ? ((await world.cgroups?.open(name)) ?? null) : null;
}

/** How the main process is started. Rejects with a `SpawnError`. */
export async function launchOf(spec: ServiceSpec, request: ProgramRequest, cgroup: Cgroup | null): Promise<Launch> {
  return hasPrelude(spec) ? (await import("../../effects/spawn/privileges.ts")).privileged(spec, request, cgroup?.folder ?? null) : request;
}

/** Resolves when the program itself runs. Rejects with a `SpawnError` where a step before it failed. */
export async function programRuns(spec: ServiceSpec, child: Child): Promise<void> {
  if (hasPrelude(spec)) await (await import("../../effects/spawn/prelude-end.ts")).preludeEnd(child, spec);
}

/** The variables of the service's user, in place of svc's own. Rejects with a `SpawnError` where there is no such user. */
export async function loginOf(spec: ServiceSpec): Promise<Readonly<Record<string, string | undefined>>> {
  return changesUser(spec) ? (await import("../../effects/spawn/privileges.ts")).loginVariables(spec) : {};
}

/** A command about a service has the rights of the service: its own files may decide what it runs. Rejects with a `SpawnError`. */
export async function asService(
  spec: ServiceSpec,
  command: Command,
  env: Launch["env"],
): Promise<{ readonly command: Command; readonly env: Launch["env"] }> {
  return changesUser(spec)
    ? (await import("../../effects/spawn/privileges.ts")).asUser(spec, command, { cwd: spec.cwd, env })
    : { command, env };
}

/** One try of a check. Never rejects. */
export async function probeAsService(
  world: World,
  spec: ServiceSpec,
  probe: HttpProbe | TcpProbe | ExecProbe,
  attempt: Attempt,
): Promise<ProbeResult> {
  try {
    if (probe.kind !== "exec") return await world.probe(probe, attempt);
    const { command, env } = await asService(spec, probe.command, attempt.env);
    return await world.probe({ ...probe, command }, { ...attempt, env });
  } catch (error) {
    const { code, message } = asSpawnError(error);
    return isPassing(code) ? { ok: false, why: message, unmade: true } : { ok: false, why: message };
  }
}
