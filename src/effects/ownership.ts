import { join } from "node:path";
import { acquire, type Lock, type LockFile } from "./lock.ts";
import { claimRuntimeFolder, SOCKET_NAME, type Surroundings } from "./places.ts";
import { type Held, runningSupervisor } from "./running-supervisor.ts";

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
  const folder = claimRuntimeFolder(claim.config, around);
  if (folder === null) return { lock: null, socket: claim.socket };
  const socket = claim.socket ?? join(folder, SOCKET_NAME);
  const result = await acquire(folder, { version: claim.version, config: claim.config, socket }, lockFile);
  if ("heldBy" in result) return result;
  const other = runningSupervisor(claim.config, around, folder);
  if (other === null) return { lock: result, socket };
  result.release();
  return other;
}
