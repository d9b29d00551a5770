import { rmSync } from "node:fs";
import { join } from "node:path";
import { MARKER_PREFIX } from "../../core/marker.ts";
import { readPrivateFile, writePrivateFile } from "../ownership/private-files.ts";
import type { ProcessId } from "../proc/proc.ts";

/**
 * What one life of a supervisor leaves written, so that the next one recognises what outlived it. No command line and no
 * environment value stands in it.
 */
export interface LifeRecord {
  /** Pids and start times mean something only within one boot and one pid namespace. */
  readonly boot: string;
  readonly pidNamespace: string;
  readonly supervisor: ProcessId;
  readonly keeper: ProcessId | null;
  /** The name of the variable that all descendants of the services carry. */
  readonly marker: string;
  /** The folder in which the cgroups of the services lie; null or missing where none has one. */
  readonly cgroups?: string | null;
  readonly children: readonly NamedProcess[];
}

/** The main process of an instance; the start time is 0 where it could not be read, and then matches nobody. */
export interface NamedProcess extends ProcessId {
  readonly name: string;
}

const STATE_NAME = "state.json";
const MARKER = new RegExp(`^${MARKER_PREFIX}\\w+$`);

/** Null where there is none, or what stands there is none. */
export function readLife(folder: string, uid: number): LifeRecord | null {
  const text = readPrivateFile(join(folder, STATE_NAME), uid);
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return isLife(value) ? value : null;
  } catch {
    return null;
  }
}

export function writeLife(folder: string, life: LifeRecord): void {
  writePrivateFile(join(folder, STATE_NAME), `${JSON.stringify(life)}\n`);
}

/** On a disk that is read-only now it stays. */
export function removeLife(folder: string): void {
  try {
    rmSync(join(folder, STATE_NAME), { force: true });
  } catch {
    // What it says is of a dead life.
  }
}

function isLife(value: unknown): value is LifeRecord {
  if (!isObject(value)) return false;
  const { boot, pidNamespace, supervisor, keeper, marker, cgroups, children } = value;
  return (
    typeof boot === "string" &&
    typeof pidNamespace === "string" &&
    isProcess(supervisor) &&
    (keeper === null || isProcess(keeper)) &&
    // A marker that is too short would match strangers.
    typeof marker === "string" &&
    MARKER.test(marker) &&
    (cgroups === undefined || cgroups === null || (typeof cgroups === "string" && cgroups.startsWith("/"))) &&
    Array.isArray(children) &&
    children.every((child) => isProcess(child) && child.pid > 1 && typeof (child as Partial<NamedProcess>).name === "string")
  );
}

function isProcess(value: unknown): value is ProcessId {
  if (!isObject(value)) return false;
  const { pid, start } = value;
  return Number.isSafeInteger(pid) && (pid as number) > 0 && Number.isSafeInteger(start) && (start as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
