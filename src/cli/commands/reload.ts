import { escapeControls } from "../../core/escape.ts";
import type { Reload } from "../../core/methods.ts";
import { PLAN_WORDS } from "../../core/plan-words.ts";
import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { print, say } from "../output.ts";

export async function run({ options, global }: Invocation): Promise<number> {
  const plan = options.has("plan");
  const changes = lines(await ask(global, "reload", { plan }), plan);
  const text = changes.length === 0 ? "nothing changed" : changes.join("\n");
  if (plan) print(text);
  else say(global, text);
  return 0;
}

function lines(reload: Reload, plan: boolean): string[] {
  // A supervisor that runs on while its svc was upgraded tells less.
  const groups = PLAN_WORDS.map(({ key, ...words }) => ({ ...words, names: reload[key] ?? [] }));
  return groups
    .filter(({ names }) => names.length > 0)
    .map(({ done, planned, names }) => `${plan ? planned : done}: ${names.map(escapeControls).join(", ")}`);
}
