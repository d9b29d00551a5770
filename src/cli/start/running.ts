import { EXIT, SvcError } from "../../core/errors.ts";
import type { StartParams } from "../../core/methods.ts";
import { findConfig } from "../../effects/config/find.ts";
import { ask } from "../client.ts";
import type { GlobalOptions } from "../command.ts";
import { sayUp } from "../up.ts";

/** `svc start NAME` where a supervisor runs already: asks it, and returns when they are up. */
export async function startInRunning(global: GlobalOptions, params: StartParams): Promise<number> {
  const { rows } = await ask(global, "start", params, params.names);
  sayUp(global, rows);
  return 0;
}

/** Where no config applies, the only supervisor that is alive is meant; where there is none either, a config is what is missing. */
export async function startInOnly(global: GlobalOptions, params: StartParams): Promise<number> {
  try {
    return await startInRunning(global, params);
  } catch (error) {
    if (error instanceof SvcError && error.exitCode === EXIT.noSupervisor) findConfig({ cwd: process.cwd(), env: process.env });
    throw error;
  }
}
