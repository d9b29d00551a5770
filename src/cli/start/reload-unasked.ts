import { SvcError } from "../../core/errors.ts";
import { PLAN_WORDS } from "../../core/plan-words.ts";
import type { LogHub } from "../../effects/log/hub.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";

/** A reload that nobody waits for, by SIGHUP or a change of the config: svc says what came of it. */
export async function reloadUnasked(supervisor: Supervisor, logs: LogHub): Promise<void> {
  try {
    const plan = await supervisor.reload();
    const changed = PLAN_WORDS.filter(({ key }) => plan[key].length > 0).map(({ key, done }) => `${done} ${plan[key].join(", ")}`);
    logs.say(`reloaded: ${changed.join("; ") || "nothing changed"}`);
  } catch (error) {
    if (!(error instanceof SvcError)) throw error;
    for (const line of `reload: ${error.message}`.split("\n")) logs.say(line);
    if (error.hint !== null) logs.say(error.hint);
  }
}
