import { escapeControls } from "../../core/escape.ts";
import type { Reload } from "../../core/methods.ts";
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

function lines({ added, removed, restarted, scaled = [], changed, forAll = [] }: Reload, plan: boolean): string[] {
  const groups: readonly (readonly [done: string, planned: string, names: readonly string[]])[] = [
    ["added", "would add", added],
    ["removed", "would remove", removed],
    ["restarted", "would restart", restarted],
    ["scaled", "would scale", scaled],
    ["changed without a restart", "would change without a restart", changed],
    ["changed for all services", "would change for all services", forAll],
  ];
  return groups
    .filter(([, , names]) => names.length > 0)
    .map(([done, planned, names]) => `${plan ? planned : done}: ${names.map(escapeControls).join(", ")}`);
}
