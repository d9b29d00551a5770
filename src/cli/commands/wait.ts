import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { sayUp } from "../up.ts";
import { durationOption, textOption } from "../values.ts";

export async function run(invocation: Invocation): Promise<number> {
  const { args, global } = invocation;
  const timeoutMs = durationOption(invocation, "timeout");
  const params = { name: args[0]!, for: textOption(invocation, "for") ?? "running", ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  const { rows } = await ask(global, "wait", params, args);
  sayUp(global, rows);
  return 0;
}
