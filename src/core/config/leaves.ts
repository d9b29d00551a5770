import { parseCommand } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { SIGNAL_NAMES } from "../signals.ts";
import { parseSize } from "../size.ts";
import type { Command } from "../spec.ts";
import { didYouMean } from "../suggest.ts";
import { type Field, field, isRecord, type JsonSchema, pairs, secretField, unexpected } from "./fields.ts";
import { show } from "./show.ts";

/** Single values of the config. */

const TEXT: JsonSchema = { type: "string", minLength: 1 };
const NUMBER_OR_TEXT: JsonSchema = { type: ["number", "string"], minimum: 0 };

export const boolean: Field<boolean> = field((input) => (typeof input === "boolean" ? input : undefined), "true or false", {
  type: "boolean",
});

/** Milliseconds. */
export const duration: Field<number> = field(
  (input) => parseDuration(input) ?? undefined,
  'a duration: milliseconds, or text such as "500ms", "1.5s", "2m", "1h"',
  NUMBER_OR_TEXT,
);

/** Bytes. */
export const size: Field<number> = field(
  (input) => parseSize(input) ?? undefined,
  'a size: bytes, or text such as "64K", "10M", "2G"',
  NUMBER_OR_TEXT,
);

/** Bytes. */
export const sizeAboveZero: Field<number> = field(
  (input) => parseSize(input) || undefined,
  'a size above zero: bytes, or text such as "64K", "10M", "2G"',
  NUMBER_OR_TEXT,
);

/** Milliseconds. */
export const durationAboveZero: Field<number> = field(
  (input) => parseDuration(input) || undefined,
  'a duration above zero: milliseconds, or text such as "90m", "7d"',
  NUMBER_OR_TEXT,
);

export const text: Field<string> = field((input) => (isText(input) ? input : undefined), "text that is not empty", TEXT);

export const path: Field<string> = field((input) => (isText(input) ? input : undefined), "a path", TEXT);

export const variableName: Field<string> = field(
  (input) => (isText(input) && !input.includes("=") ? input : undefined),
  "the name of an environment variable",
  TEXT,
);

/** A user or a group: a name, or its number. */
export const account: Field<string | number> = field(
  (input) => {
    if (typeof input === "number") return Number.isSafeInteger(input) && input >= 0 ? input : undefined;
    return isText(input) && !/[:\s]/.test(input) ? input : undefined;
  },
  "a name or a number (0 or more)",
  NUMBER_OR_TEXT,
);

/** Octal text only: the number 27 would mean 033. */
export const umask: Field<number> = field(
  (input) => (typeof input === "string" && /^0?[0-7]{3}$/.test(input) ? Number.parseInt(input, 8) : undefined),
  'octal text such as "027"',
  TEXT,
);

export const signal: Field<string> = field(
  (input) => SIGNAL_NAMES.find((name) => name === input),
  (input) => `${unexpected(input, 'the name of a signal such as "SIGTERM"')}${suggestSignal(input)}`,
  { enum: SIGNAL_NAMES },
);

export const command: Field<Command> = field(
  (input) => (isCommand(input) && complaintAbout(input) === null ? parseCommand(input) : undefined),
  (input) => {
    if (!isCommand(input)) return unexpected(input, 'a command: text, or a list of text such as ["node", "server.js"]');
    return `the command ${Array.isArray(input) ? "" : `${show(input)} `}${complaintAbout(input)}`;
  },
  { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }] },
);

/** Pairs, because a variable may be called like a property that every object has. */
export const environment: Field<readonly (readonly [string, string | null])[]> = pairs(
  variableName,
  secretField(
    (input) => {
      if (input === null) return null;
      if (typeof input === "number" || typeof input === "boolean") return String(input);
      return typeof input === "string" && !input.includes("\0") ? input : undefined;
    },
    "text without NUL, a number, true, false, or null (which unsets it)",
    { type: ["string", "number", "boolean", "null"] },
  ),
);

/** A name is what RFC 9110 calls a token. */
export const headers: Field<readonly (readonly [string, string])[]> = pairs(
  field((input) => (isText(input) && /^[\w!#$%&'*+.^`|~-]+$/.test(input) ? input : undefined), "the name of a header", TEXT),
  secretField((input) => (typeof input === "string" && !/[\0\r\n]/.test(input) ? input : undefined), "text on one line", {
    type: "string",
  }),
);

/** What survives JSON. */
export const json: Field<unknown> = secretField((input) => (isJson(input, []) ? input : undefined), "plain data (as in JSON)");

export function integer(low: number, high: number, what: string): Field<number> {
  const range = high === Number.MAX_SAFE_INTEGER ? `${low} or more` : `${low} to ${high}`;
  return field((input) => (Number.isInteger(input) ? within(input, low, high) : undefined), `${what} (a whole number, ${range})`, {
    type: "integer",
    minimum: low,
    maximum: high,
  });
}

export function number(low: number, high: number): Field<number> {
  const range = high === Number.POSITIVE_INFINITY ? `of ${low} or more` : `from ${low} to ${high}`;
  return field((input) => (Number.isFinite(input) ? within(input, low, high) : undefined), `a number ${range}`, {
    type: "number",
    minimum: low,
  });
}

export function oneOf<const T extends string>(...values: readonly T[]): Field<T> {
  const quoted = values.map((value) => `"${value}"`);
  const expected = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return field(
    (input) => values.find((value) => value === input),
    (input) => `${unexpected(input, expected)}${typeof input === "string" ? didYouMean(input, values) : ""}`,
    { enum: values },
  );
}

export const isTrue: Field<true> = field((input) => (input === true ? input : undefined), "true (leave the key out otherwise)", {
  const: true,
});

function within(input: unknown, low: number, high: number): number | undefined {
  const value = input as number;
  return value >= low && value <= high ? value : undefined;
}

function isText(input: unknown): input is string {
  return typeof input === "string" && input.trim() !== "" && !input.includes("\0");
}

function isCommand(input: unknown): input is string | readonly string[] {
  return typeof input === "string" || (Array.isArray(input) && input.every((word) => typeof word === "string"));
}

function complaintAbout(input: string | readonly string[]): string | null {
  try {
    parseCommand(input);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function suggestSignal(input: unknown): string {
  if (typeof input !== "string") return "";
  const upper = input.toUpperCase();
  return didYouMean(upper.startsWith("SIG") ? upper : `SIG${upper}`, SIGNAL_NAMES);
}

function isJson(value: unknown, above: readonly unknown[]): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (above.includes(value) || above.length > 100) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, [...above, value]));
  return isRecord(value) && Object.values(value).every((item) => item === undefined || isJson(item, [...above, value]));
}
