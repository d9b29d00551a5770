import type { Evaluated } from "../../core/config/evaluated.ts";
import { CONFIG_TIMEOUT_MS } from "../../core/defaults.ts";
import { parseDuration } from "../../core/duration.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import type { FleetSpec } from "../../core/spec.ts";
import type { EvaluationCare } from "./care.ts";

export { type FindOptions, findConfig } from "./find.ts";

export interface LoadConfigOptions {
  /** The real environment: what svc was started with. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds. Default: SVC_CONFIG_TIMEOUT, else 30 s. */
  readonly timeoutMs?: number;
  /** Ends the evaluation. */
  readonly signal?: AbortSignal;
  /** Default: a keeper for this one evaluation. */
  readonly care?: EvaluationCare;
  /** The descriptor of this process to which the config's own output goes. Default: stderr. */
  readonly output?: number | undefined;
  /** Gets the lines of it in place of a descriptor. */
  readonly onPrinted?: ((line: string) => void) | undefined;
}

/**
 * Evaluates a config (a path as `findConfig` gives it) in a short-lived child and validates it there. What the config writes
 * to the console goes to `output` or `onPrinted`. Nothing that it started outlives the call.
 * Every failure is a SvcError (exit 2; 1 where svc is short of something) with the complete message.
 */
export async function loadConfig(file: string, options: LoadConfigOptions): Promise<FleetSpec> {
  const { env, timeoutMs = configTimeout(env), ...rest } = options;
  // Loaded here because clients only look for configs.
  const { evaluateConfig } = await import("./evaluate.ts");
  const evaluated = await evaluateConfig({ ...rest, file, env, timeoutMs });
  if (evaluated.kind === "spec") return evaluated.spec;
  throw new SvcError(`cannot use the config ${escapeControls(file)}: ${complaint(evaluated)}`, EXIT.usage);
}

/** SVC_CONFIG_TIMEOUT, a duration; default 30 s. Throws a SvcError (exit 2) where it is none. */
export function configTimeout(env: Readonly<Record<string, string | undefined>>): number {
  const text = env.SVC_CONFIG_TIMEOUT;
  if (!text) return CONFIG_TIMEOUT_MS;
  const ms = parseDuration(/^\d+$/.test(text) ? Number(text) : text);
  if (ms !== null) return ms;
  const expected = 'a duration: milliseconds, or text such as "500ms", "1.5s", "2m"';
  throw new SvcError(`cannot use SVC_CONFIG_TIMEOUT="${escapeControls(text)}": expected ${expected}`, EXIT.usage);
}

function complaint(evaluated: Exclude<Evaluated, { kind: "spec" }>): string {
  if (evaluated.kind === "failure") return evaluated.reason;
  const { lines } = evaluated;
  const count = lines.length === 1 ? "1 problem" : `${lines.length} problems`;
  return `${count}\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
