import { EXIT, SvcError } from "../../core/errors.ts";
import type { LogFormat } from "../../core/spec.ts";
import { nearest } from "../../core/suggest.ts";
import { applyingConfig } from "../../effects/find-config.ts";
import { surroundings } from "../../effects/places.ts";
import type { Held } from "../../effects/running-supervisor.ts";
import type { Invocation } from "../command.ts";
import { begin, type StartWish } from "../start/begin.ts";
import { textOption } from "../values.ts";

export const endsProcess = true;

export async function run(invocation: Invocation): Promise<number> {
  const { args, options, global } = invocation;
  const all = options.has("all");
  const wish = {
    global,
    names: args,
    now: options.has("now"),
    exitCodeFrom: textOption(invocation, "exit-code-from") ?? null,
    format: logFormat(textOption(invocation, "log-format")),
    timestamps: options.has("timestamps"),
    // Copied before any file is read: what the config or an .env file sets is not the real environment.
    env: { ...process.env },
  };
  const asking = args.length > 0 || all;
  const question = { names: args, ...(all && { all }), ...(wish.now && { now: true }) };
  const here = { cwd: process.cwd(), file: global.config, env: wish.env };
  if (asking && applyingConfig(here) === null) return (await import("../start/running.ts")).startInOnly(global, question);
  const result = await becomeSupervisor(wish);
  if (typeof result === "number") return result;
  if (asking) return (await import("../start/running.ts")).startInRunning(global, question);
  throw new SvcError(`already running (pid ${result.heldBy})`, EXIT.failed, { hint: "`svc list` shows it; `svc stop` ends it" });
}

/** The exit code, or who is the supervisor already. */
async function becomeSupervisor(wish: StartWish): Promise<number | Held> {
  const around = surroundings();
  const begun = begin(wish, around);
  return "heldBy" in begun ? begun : (await import("../start/become.ts")).becomeIt(begun, wish, around);
}

const FORMATS: readonly LogFormat[] = ["pretty", "plain", "json"];

function logFormat(text: string | undefined): LogFormat | null {
  const format = FORMATS.find((one) => one === text) ?? null;
  if (text === undefined || format !== null) return format;
  const near = nearest(text, FORMATS);
  const hint = near === null ? null : `did you mean "${near}"?`;
  throw new SvcError(`--log-format: ${JSON.stringify(text)} is not one of ${FORMATS.join(", ")}`, EXIT.usage, { hint });
}
