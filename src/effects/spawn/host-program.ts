import { accessSync, constants } from "node:fs";
import type { HostedWork } from "../../core/host-messages.ts";
import { SpawnError } from "../child.ts";
import { ownFile } from "../own-files.ts";
import { QUIET_LOADING } from "./quiet-loading.ts";

const SCRIPT = ownFile("host/serve.cjs");

/** The command of a TypeScript service's process; its name is there for whoever reads `ps`. Throws a `SpawnError`. */
export function hostCommand(work: HostedWork, name: string): readonly string[] {
  try {
    accessSync(work.file, constants.R_OK);
  } catch (error) {
    throw new SpawnError((error as NodeJS.ErrnoException).code ?? "EACCES", work.kind === "module" ? work.label : work.file);
  }
  return [process.execPath, ...QUIET_LOADING, SCRIPT, name];
}
