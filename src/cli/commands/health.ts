import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { say } from "../output.ts";

export async function run({ global }: Invocation): Promise<number> {
  const { ok, problems } = await ask(global, "health", {}).catch(noSupervisorIsIll);
  if (ok) say(global, "ok");
  for (const problem of problems) process.stderr.write(`svc: ${escapeControls(problem)}\n`);
  return ok ? EXIT.done : EXIT.failed;
}

/** For a health check nothing running is no special case: it has 0 and 1 only. */
function noSupervisorIsIll(error: unknown): never {
  if (!(error instanceof SvcError) || error.exitCode !== EXIT.noSupervisor) throw error;
  throw new SvcError(error.message, EXIT.failed, { hint: error.hint, cause: error });
}
