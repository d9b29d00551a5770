import { join } from "node:path";
import { acquire, type Held, type Lock } from "./lock.ts";
import { readOwner } from "./owner.ts";
import { claimRuntimeFolder, existingRuntimeFolders, SOCKET_NAME, type Surroundings } from "./places.ts";
import { standing } from "./standing.ts";

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
 * Makes this process the one supervisor of a config, or names the one that is. Looks in every place: a supervisor that was
 * started in a shell with another XDG_RUNTIME_DIR counts. The second look, after the own lock is taken and said, is for two
 * that started at the same moment.
 */
export async function becomeSupervisor(claim: Claim, around: Surroundings): Promise<Ownership | Held> {
  const earlier = runningElsewhere(claim.config, around, null);
  if (earlier) return earlier;
  const folder = claimRuntimeFolder(claim.config, around);
  if (folder === null) return { lock: null, socket: claim.socket };
  const socket = claim.socket ?? join(folder, SOCKET_NAME);
  const result = await acquire(folder, { version: claim.version, config: claim.config, socket });
  if ("heldBy" in result) return result;
  const other = runningElsewhere(claim.config, around, folder);
  if (other === null) return { lock: result, socket };
  result.release();
  return other;
}

function runningElsewhere(config: string, around: Surroundings, own: string | null): Held | null {
  for (const folder of existingRuntimeFolders(config, around)) {
    const owner = folder === own ? null : readOwner(folder, around.uid);
    if (owner && owner.config === config && standing(owner) === "alive") return { heldBy: owner.pid };
  }
  return null;
}
