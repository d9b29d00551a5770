import { escapeControls } from "../../core/escape.ts";
import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { say } from "../output.ts";
import { durationOption } from "../values.ts";

export async function run(invocation: Invocation): Promise<number> {
  const { args, options, global } = invocation;
  const timeoutMs = durationOption(invocation, "timeout");
  const params = { names: args, now: options.has("now"), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  const { stopped, note } = await ask(global, "stop", params, args);
  if (note !== null && !global.quiet) process.stderr.write(`svc: ${escapeControls(note)}\n`);
  say(global, stopped.length === 0 ? "nothing was running" : `stopped ${stopped.map(escapeControls).join(", ")}`);
  return 0;
}
