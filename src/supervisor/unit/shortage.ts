import { isPassing } from "../../core/machine/ending.ts";
import { SpawnError } from "../../effects/child.ts";

/**
 * What svc loads only when it is needed cannot be read where descriptors have run out: that is no fault of svc's, but a start
 * that may work later. Any other error is thrown on.
 */
export function asSpawnError(error: unknown): SpawnError {
  if (error instanceof SpawnError) return error;
  const code = shortageIn(error);
  if (code === null) throw error;
  return new SpawnError(code, "a part of svc itself", "surroundings");
}

/** The system's word for what svc is short of (descriptors, processes, memory), or null where the error says nothing of the kind. */
export function shortageIn(error: unknown): string | null {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" && isPassing(code) ? code : null;
}
