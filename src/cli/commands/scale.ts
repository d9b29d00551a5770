import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { say } from "../output.ts";
import { sayUp } from "../up.ts";

export async function run({ args, global }: Invocation): Promise<number> {
  const text = args[0]!;
  const match = /^([^=]+)=(\d{1,6})$/.exec(text);
  if (!match) throw new SvcError(`"${escapeControls(text)}" is not NAME=N`, EXIT.usage, { hint: "for example: svc scale worker=4" });
  const [, name, count] = match as unknown as readonly [string, string, string];
  const { rows } = await ask(global, "scale", { name, count: Number(count) }, [name]);
  if (rows.length === 0) say(global, `${escapeControls(name)} has no instances now`);
  else sayUp(global, rows);
  return 0;
}
