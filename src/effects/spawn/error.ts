import { SpawnError, type SpawnRequest } from "../child.ts";
import { missingInterpreter } from "./program.ts";

/** What kept `file`, which `request.argv[0]` names, from starting. `code` is errno's name, or what Node calls the error. */
export function spawnError(code: string, request: SpawnRequest, file: string): SpawnError {
  const program = request.argv[0] ?? "";
  const interpreter = code === "ENOENT" ? missingInterpreter(file) : null;
  // ERR_INVALID_ARG_VALUE: a NUL in an argument or in the environment, which execve has no way to pass on.
  return new SpawnError(code.startsWith("ERR_") ? "EINVAL" : code, interpreter === null ? program : `${program}: ${interpreter}`);
}
