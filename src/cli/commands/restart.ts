import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { sayUp } from "../up.ts";

export async function run({ args, global }: Invocation): Promise<number> {
  const { rows } = await ask(global, "restart", { names: args }, args);
  sayUp(global, rows);
  return 0;
}
