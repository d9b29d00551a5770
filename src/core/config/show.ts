import { escapeControls } from "../escape.ts";

const LONGEST = 80;

/** A value of the config in a message: short, on one line, control characters escaped. */
export function show(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "bigint") return `${value}n`;
  if (value === null || ["number", "boolean", "undefined"].includes(typeof value)) return String(value);
  if (value instanceof RegExp) return shorten(escapeControls(String(value)));
  return describe(value);
}

/** Only what kind of value it is: for environment values, which are never shown. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object")
    return value instanceof Promise ? "a promise (await it)" : value instanceof RegExp ? "a RegExp" : "an object";
  if (typeof value === "function") return "a function";
  return `a ${typeof value}`;
}

function quote(text: string): string {
  const escaped = escapeControls(shorten(text).replace(/["\\]/g, "\\$&"));
  return `"${escaped}"`;
}

function shorten(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
