import { rmSync } from "node:fs";
import { join } from "node:path";
import { bootId, hasOwnProc, isAlive, pidNamespace, readStat } from "../proc/proc.ts";
import { OWNER_NAME, type Owner } from "./owner.ts";
import { writePrivateFile } from "./private-files.ts";

/** The owner of a runtime folder as a process: what it says of itself, and whether it still lives. */

export type OwnerFacts = Pick<Owner, "version" | "config" | "socket">;

/** `elsewhere`: its pid belongs to another pid namespace (a container that shares the folder) and says nothing here. */
export type Standing = "alive" | "dead" | "elsewhere";

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

export function standing(owner: Owner): Standing {
  if (owner.boot !== bootId()) return "dead";
  if (owner.pidNamespace !== pidNamespace()) return "elsewhere";
  if (owner.start === null || !hasOwnProc()) return answersSignals(owner.pid) ? "alive" : "dead";
  return isAlive({ pid: owner.pid, start: owner.start }) ? "alive" : "dead";
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
