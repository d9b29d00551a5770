import { getSystemErrorName } from "node:util";
import type { Native } from "../native/native.ts";
import type { PosixSpawnRequest } from "../native/spawn.ts";
import { spawnError } from "./error.ts";
import { findProgram, type ProgramRequest } from "./program.ts";

export interface PosixStart extends Pick<PosixSpawnRequest, "file" | "descriptors" | "session"> {
  readonly program: ProgramRequest;
}

/** Returns the pid; throws a `SpawnError` where the process cannot start. */
export function startPosix(native: Pick<Native, "posixSpawn">, { program, file, descriptors, session }: PosixStart): number {
  const { argv, cwd } = program;
  const env = Object.entries(program.env).map(([name, value]) => `${name}=${value}`);
  // C would take it for the end of the text.
  if ([...argv, ...env].some((text) => text.includes("\0"))) throw spawnError("EINVAL", program, file);
  const result = native.posixSpawn({ file, argv, env, cwd, descriptors, session });
  if ("errno" in result) {
    // The error number does not say whether it is the folder or the program that is not there.
    findProgram(program);
    throw spawnError(getSystemErrorName(-result.errno), program, file);
  }
  return result.pid;
}
