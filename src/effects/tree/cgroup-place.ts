import { mkdirSync, readFileSync } from "node:fs";
import { aroundServices, cgroupFolders, cgroupPath, isOfService } from "../../core/cgroup.ts";
import { isWritable, moveTo, removeEmpty } from "./cgroup-files.ts";

/** Why services get no cgroups here, as a clause. */
export interface Unusable {
  readonly reason: string;
}

/**
 * The folder of svc's own cgroup. Below another one a program may make cgroups only where that has been handed to it, as the
 * manager of the machine is the only one to write to its own (systemd's single-writer rule). For who is not root, the right to
 * write says so; for root, that nothing is above it (a container's), or that an outer svc has made it.
 */
export function ownCgroup(): string | Unusable {
  const path = cgroupPath(read("/proc/self/cgroup"));
  const folders = path === null ? [] : cgroupFolders(path, read("/proc/self/mountinfo"));
  if (path === null || folders.length === 0) return { reason: "no cgroup of version 2 is mounted for svc" };
  if (process.geteuid?.() === 0 && path !== "/" && !isOfService(path)) return { reason: `as root, svc leaves ${path} to the manager` };
  // To be moved, a process needs the right to what its old and its new one have in common (cgroups(7), delegation containment).
  const own = folders.find((folder) => isWritable(`${folder}/cgroup.procs`));
  if (own === undefined) return { reason: `${folders[0]} cannot be written to` };
  return hasMemoryLimit(own)
    ? { reason: `${own} has a memory limit, which programs such as Node look for in their own cgroup alone` }
    : own;
}

/**
 * Node reads memory.max and memory.high of its own cgroup and of none above it (uv_get_constrained_memory(3)): in one without
 * them it would size its heap by the machine.
 */
export function hasMemoryLimit(folder: string): boolean {
  return ["memory.max", "memory.high"].some((name) => /^\d/.test(read(`${folder}/${name}`)));
}

/** Whether services can have cgroups, tried with one that is removed at once. */
export function tryCgroups(): string | Unusable {
  const own = ownCgroup();
  if (typeof own !== "string") return own;
  const folder = `${own}/svc-doctor-${process.pid}`;
  const failure = makeCgroup(folder);
  removeEmpty(folder);
  return failure ?? own;
}

/** Makes a cgroup below one; null where it is there, and else why it cannot be. */
export function makeCgroup(folder: string): { readonly code: string; readonly reason: string } | null {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST") return { code, reason: message };
  }
  if (isWritable(`${folder}/cgroup.kill`)) return null;
  removeEmpty(folder);
  return { code: "ENOSYS", reason: "this kernel has no cgroup.kill, which came with Linux 5.14" };
}

/**
 * Moves this process out of the services that it was started in, as far as its rights go: to be called before it starts any
 * other. One that may not is moved by the supervisor of the service.
 */
export function leaveServices(): void {
  const path = aroundServices(cgroupPath(read("/proc/self/cgroup")) ?? "");
  const folder = path === null ? undefined : cgroupFolders(path, read("/proc/self/mountinfo"))[0];
  if (folder !== undefined) moveTo(folder, process.pid);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
