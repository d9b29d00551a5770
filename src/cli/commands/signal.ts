import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { signalName } from "../values.ts";

export async function run({ args, options, global }: Invocation): Promise<number> {
  const [name, signal] = args as readonly [string, string];
  await ask(global, "signal", { name, signal: signalName(signal), group: options.has("group") });
  return 0;
}
