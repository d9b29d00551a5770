import { parseDuration } from "../core/duration.ts";
import { EXIT, SvcError } from "../core/errors.ts";
import { escapeControls } from "../core/escape.ts";
import { SIGNAL_NAMES, signalNumber } from "../core/signals.ts";
import { didYouMean, nearest } from "../core/suggest.ts";
import type { Invocation } from "./command.ts";

/** "SIG" is in all of them: it would make each near to each. */
const SHORT_NAMES = SIGNAL_NAMES.map((name) => name.slice(3));

/** The values of options as the commands need them; a wrong one is a `SvcError` with exit code 2. */

export function textOption({ options }: Invocation, name: string): string | undefined {
  const value = options.get(name);
  return typeof value === "string" ? value : undefined;
}

/** The values of a repeatable option, in the order in which they were given. */
export function listOption({ options }: Invocation, name: string): readonly string[] {
  const value = options.get(name);
  return Array.isArray(value) ? value : [];
}

export function choiceOption<T extends string>(invocation: Invocation, name: string, choices: readonly T[]): T | undefined {
  const text = textOption(invocation, name);
  const choice = choices.find((one) => one === text);
  if (text === undefined || choice !== undefined) return choice;
  return wrong(name, text, `one of ${choices.join(", ")}${didYouMean(text, choices)}`);
}

/** Milliseconds of `5s`, `500ms`, or a bare number of milliseconds. */
export function durationOption(invocation: Invocation, name: string): number | undefined {
  const text = textOption(invocation, name);
  if (text === undefined) return undefined;
  const ms = parseDuration(/^\d+$/.test(text) ? Number(text) : text);
  return ms ?? wrong(name, text, "a duration, such as 500ms, 5s or 2m");
}

export function countOption(invocation: Invocation, name: string): number | undefined {
  const text = textOption(invocation, name);
  if (text === undefined) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : wrong(name, text, "a whole number, zero or more");
}

/** ISO 8601 of a time, or of a duration before `now` (milliseconds since 1970). */
export function timeOption(invocation: Invocation, name: string, now: number): string | undefined {
  const text = textOption(invocation, name);
  if (text === undefined) return undefined;
  const age = parseDuration(text);
  const time = age === null && /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : now - (age ?? Number.NaN);
  return Number.isNaN(new Date(time).getTime())
    ? wrong(name, text, "a duration, such as 10m, or an ISO 8601 time")
    : new Date(time).toISOString();
}

export function patternOption(invocation: Invocation, name: string): RegExp | undefined {
  const text = textOption(invocation, name);
  if (text === undefined) return undefined;
  try {
    return new RegExp(text, "u");
  } catch (error) {
    return wrong(name, text, `a regular expression (${(error as Error).message})`);
  }
}

/** `SIGHUP` of `HUP`, `sighup`, `SIGHUP` or `1`. */
export function signalName(text: string): string {
  const upper = text.toUpperCase();
  const number = /^\d+$/.test(upper) ? Number(upper) : null;
  const name =
    number === null ? upper.replace(/^(?!SIG)/, "SIG") : (SIGNAL_NAMES.find((one) => signalNumber(one) === number) ?? `SIG${number}`);
  if (signalNumber(name) !== null) return name;
  const near = nearest(name.slice(3), SHORT_NAMES);
  const guess = near === null ? "" : `; did you mean "SIG${near}"?`;
  throw new SvcError(`no such signal: "${escapeControls(text)}"${guess}`, EXIT.usage);
}

function wrong(option: string, value: string, expected: string): never {
  throw new SvcError(`--${option}: "${escapeControls(value)}" is not ${expected}`, EXIT.usage);
}
