import type { StartParams } from "../../core/methods.ts";
import { ask } from "../client.ts";
import type { GlobalOptions } from "../command.ts";
import { sayUp } from "../up.ts";

/** `svc start NAME` where a supervisor runs already: asks it, and returns when they are up. */
export async function startInRunning(global: GlobalOptions, params: StartParams): Promise<number> {
  const { rows } = await ask(global, "start", params, params.names);
  sayUp(global, rows);
  return 0;
}
