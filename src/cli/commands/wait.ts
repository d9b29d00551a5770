import { WAIT_TARGETS } from "../../core/wait-target.ts";
import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { sayUp } from "../up.ts";
import { choiceOption, durationOption } from "../values.ts";

export async function run(invocation: Invocation): Promise<number> {
  const { args, global } = invocation;
  const timeoutMs = durationOption(invocation, "timeout");
  const params = {
    name: args[0]!,
    for: choiceOption(invocation, "for", WAIT_TARGETS) ?? "running",
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  const { rows } = await ask(global, "wait", params, args);
  sayUp(global, rows);
  return 0;
}
