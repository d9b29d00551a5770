import { join } from "node:path";
import { SvcError } from "../../core/errors.ts";
import { acquire, type Lock, type LockFile } from "./lock.ts";
import { claimRuntimeFolders, SOCKET_NAME, type Surroundings } from "./places.ts";
import { type Held, runningSupervisor } from "./running-supervisor.ts";
import type { OwnerFacts } from "./standing.ts";

export interface Claim {
  /** Real path of the config. */
  readonly config: string;
  readonly version: string;
  /** What `--socket` or `SVC_SOCKET` say; null: `control.sock` in the runtime folder. */
  readonly socket: string | null;
}

export interface Ownership {
  /** Null where no place is usable: then nothing keeps a second supervisor away, and only `--socket` gives a control socket. */
  readonly lock: Lock | null;
  readonly socket: string | null;
}

/**
 * Makes this process the one supervisor of a config, or names the one that is. The second look for another, after the own
 * lock is taken and said, is for two that started at the same moment in different places. `lockFile`: default, see `acquire`.
 */
export async function becomeSupervisor(claim: Claim, around: Surroundings, lockFile?: LockFile): Promise<Ownership | Held> {
  const earlier = runningSupervisor(claim.config, around);
  if (earlier) return earlier;
  for (const folder of claimRuntimeFolders(claim.config, around)) {
    const socket = claim.socket ?? join(folder, SOCKET_NAME);
    const result = await acquireIn(folder, { version: claim.version, config: claim.config, socket }, lockFile);
    if (result === null) continue;
    if ("heldBy" in result) return result;
    const other = runningSupervisor(claim.config, around, folder);
    if (other === null) return { lock: result, socket };
    result.release();
    return other;
  }
  return { lock: null, socket: claim.socket };
}

/** A full disk, a quota, a folder that is mounted read-only: the next place may serve. */
const UNUSABLE: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES"]);

/** Null where the folder turns out to be of no use. */
async function acquireIn(folder: string, facts: OwnerFacts, lockFile?: LockFile): Promise<Lock | Held | null> {
  try {
    return await acquire(folder, facts, lockFile);
  } catch (error) {
    if (error instanceof SvcError && UNUSABLE.has((error.cause as NodeJS.ErrnoException | undefined)?.code)) return null;
    throw error;
  }
}
