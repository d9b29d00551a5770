import { join } from "node:path";
import { readPrivateFile } from "./private-files.ts";

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

export const OWNER_NAME = "owner.json";

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
