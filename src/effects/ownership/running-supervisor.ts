import { readOwner } from "./owner.ts";
import { existingRuntimeFolders, type Surroundings } from "./places.ts";
import { standing } from "./standing.ts";

/** The process that supervises a config already. */
export interface Held {
  readonly heldBy: number;
}

/**
 * The living supervisor of a config, or null. Looks in every place: one that was started in a shell with another
 * XDG_RUNTIME_DIR counts; the runtime folder `except` does not.
 */
export function runningSupervisor(config: string, around: Surroundings, except: string | null = null): Held | null {
  for (const folder of existingRuntimeFolders(config, around)) {
    const owner = folder === except ? null : readOwner(folder, around.uid);
    if (owner && owner.config === config && standing(owner) === "alive") return { heldBy: owner.pid };
  }
  return null;
}
