import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import type { Invocation } from "../command.ts";
import { HEARD } from "../signals.ts";
import { listOption, signalName } from "../values.ts";

export interface RunOptions {
  readonly argv: readonly string[];
  readonly target: "group" | "main";
  /** What is sent in place of a signal; null for nothing. */
  readonly rewrite: ReadonlyMap<string, string | null>;
  /** Exit codes in whose place svc exits 0. */
  readonly success: ReadonlySet<number>;
}

export function readOptions(invocation: Invocation): RunOptions {
  const { args, options } = invocation;
  if (options.has("group") && options.has("main")) throw new SvcError("--group and --main cannot be used together", EXIT.usage);
  return {
    argv: args,
    target: options.has("main") ? "main" : "group",
    rewrite: new Map(listOption(invocation, "rewrite").map(readRewrite)),
    success: new Set(listOption(invocation, "success").map(readCode)),
  };
}

function readRewrite(text: string): [string, string | null] {
  const [from, to, ...more] = text.split(":");
  if (!from || !to || more.length > 0) {
    throw new SvcError(`--rewrite: "${escapeControls(text)}" is not two signals, such as TERM:QUIT, or one and 0`, EXIT.usage);
  }
  const name = signalName(from);
  if (!HEARD.includes(name)) throw new SvcError(`--rewrite: ${name} cannot be listened to, so it is never forwarded`, EXIT.usage);
  return [name, to === "0" ? null : signalName(to)];
}

function readCode(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  throw new SvcError(`--success: "${escapeControls(text)}" is not an exit code from 0 to 255`, EXIT.usage);
}
