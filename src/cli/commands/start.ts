import { EXIT, SvcError } from "../../core/errors.ts";
import type { StartParams } from "../../core/methods.ts";
import type { LogFormat } from "../../core/spec.ts";
import { applyingConfig } from "../../effects/config/find.ts";
import { surroundings } from "../../effects/ownership/places.ts";
import type { Held } from "../../effects/ownership/running-supervisor.ts";
import type { Invocation } from "../command.ts";
import { begin, type StartWish } from "../start/begin.ts";
import { choiceOption, textOption } from "../values.ts";

export const endsProcess = true;

export async function run(invocation: Invocation): Promise<number> {
  const { options, global } = invocation;
  const wish = wishOf(invocation);
  const here = { cwd: process.cwd(), file: global.config, env: wish.env };
  if (asks(invocation) && applyingConfig(here) === null) {
    return (await import("../start/running.ts")).startInOnly(global, question(invocation));
  }
  if (options.has("detach")) return startInBackground(invocation);
  const result = options.has("background") ? await beInBackground(wish) : await becomeSupervisor(wish);
  return typeof result === "number" ? result : startElsewhere(invocation, result);
}

async function startInBackground(invocation: Invocation): Promise<number> {
  const { showStarted, startDetached } = await import("../start/detach.ts");
  const outcome = await startDetached(invocation);
  if (outcome.kind === "up") return showStarted(invocation.global, outcome);
  if (outcome.kind === "held") return startElsewhere(invocation, { heldBy: outcome.pid });
  throw new SvcError(outcome.message, outcome.exitCode, { hint: outcome.hint });
}

/** The command that waits gets the words that nobody else would hear. */
async function beInBackground(wish: StartWish): Promise<number> {
  // Before it has any child: all of them stay where it is now.
  if (process.platform === "linux") (await import("../../effects/tree/cgroup-place.ts")).leaveServices();
  const starter = (await import("../start/starter.ts")).openStarter();
  try {
    const result = await becomeSupervisor({ ...wish, keepsLogs: true, starter });
    if (typeof result === "number") return result;
    starter.tell({ kind: "held", pid: result.heldBy });
    return EXIT.failed;
  } catch (error) {
    starter.fail(error);
    throw error;
  }
}

function wishOf(invocation: Invocation): StartWish {
  const { args, options, global } = invocation;
  return {
    global,
    names: args,
    now: options.has("now"),
    exitCodeFrom: textOption(invocation, "exit-code-from") ?? null,
    format: choiceOption(invocation, "log-format", FORMATS) ?? null,
    timestamps: options.has("timestamps"),
    watch: !options.has("no-watch"),
    watchConfig: options.has("watch-config"),
    // Copied before any file is read: what the config or an .env file sets is not the real environment.
    env: { ...process.env },
  };
}

function asks({ args, options }: Invocation): boolean {
  return args.length > 0 || options.has("all");
}

/** What a supervisor that runs already is asked for. */
function question({ args, options }: Invocation): StartParams {
  return { names: args, ...(options.has("all") && { all: true }), ...(options.has("now") && { now: true }) };
}

async function startElsewhere(invocation: Invocation, { heldBy }: Held): Promise<number> {
  if (asks(invocation)) return (await import("../start/running.ts")).startInRunning(invocation.global, question(invocation));
  throw new SvcError(`already running (pid ${heldBy})`, EXIT.failed, { hint: "`svc list` shows it; `svc stop` ends it" });
}

/** The exit code, or who is the supervisor already. */
async function becomeSupervisor(wish: StartWish): Promise<number | Held> {
  const around = surroundings();
  const begun = begin(wish, around);
  if ("heldBy" in begun) return begun;
  // The child that evaluates the config is started in this turn; what is loaded next takes as long as a start of Node.
  await new Promise((resolve) => setImmediate(resolve));
  return (await import("../start/become.ts")).becomeIt(begun, wish, around);
}

const FORMATS: readonly LogFormat[] = ["pretty", "plain", "json"];
