import { rmSync } from "node:fs";
import { join } from "node:path";
import { readPrivateFile, writePrivateFile } from "./private-files.ts";
import { bootId, isAlive, pidNamespace, readStat } from "./proc.ts";

/** Who holds a runtime folder: written by the holder of its lock, read by those who lost to it and by clients. */
export interface Owner {
  readonly pid: number;
  /** Start time as in /proc/PID/stat, so that a recycled pid is not taken for it; null where there is no /proc. */
  readonly start: number | null;
  readonly boot: string | null;
  readonly pidNamespace: string | null;
  readonly version: string;
  /** Real path of the config. */
  readonly config: string;
  /** Where it listens; null where it could not. */
  readonly socket: string | null;
}

export type OwnerFacts = Pick<Owner, "version" | "config" | "socket">;

/** `elsewhere`: its pid belongs to another pid namespace (a container that shares the folder) and says nothing here. */
export type Standing = "alive" | "dead" | "elsewhere";

const OWNER_NAME = "owner.json";

export function writeOwner(folder: string, facts: OwnerFacts): Owner {
  const owner: Owner = {
    pid: process.pid,
    start: readStat(process.pid)?.start ?? null,
    boot: bootId(),
    pidNamespace: pidNamespace(),
    ...facts,
  };
  writePrivateFile(join(folder, OWNER_NAME), `${JSON.stringify(owner)}\n`);
  return owner;
}

export function removeOwner(folder: string): void {
  rmSync(join(folder, OWNER_NAME), { force: true });
}

/** Null where nobody has written one, or what stands there is none. */
export function readOwner(folder: string, uid: number): Owner | null {
  const text = readPrivateFile(join(folder, OWNER_NAME), uid);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isOwner(value) ? value : null;
  } catch {
    return null;
  }
}

export function standing(owner: Owner): Standing {
  if (owner.start === null) return answersSignals(owner.pid) ? "alive" : "dead";
  if (owner.boot !== bootId()) return "dead";
  if (owner.pidNamespace !== pidNamespace()) return "elsewhere";
  return isAlive({ pid: owner.pid, start: owner.start }) ? "alive" : "dead";
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== "object" || value === null) return false;
  const { pid, start, config, version, socket } = value as Partial<Record<keyof Owner, unknown>>;
  return (
    Number.isSafeInteger(pid) &&
    (pid as number) > 0 &&
    (start === null || typeof start === "number") &&
    typeof config === "string" &&
    typeof version === "string" &&
    (socket === null || typeof socket === "string")
  );
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
