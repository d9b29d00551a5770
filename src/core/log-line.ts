import type { LogFields } from "./config/service-types.ts";

/**
 * A line of `ctx.log`: the message, then `key=value` for each field. A value is one word or a JSON string, so that parsers of
 * logfmt find all fields again, whatever they hold.
 */
export function logLine(message: string, fields: LogFields = {}): string {
  const words = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${word(value)}`);
  return [message, ...words].join(" ");
}

function word(value: unknown): string {
  if (value instanceof Error) return word(value.message);
  if (value instanceof Date) return word(Number.isNaN(value.getTime()) ? String(value) : value.toISOString());
  if (typeof value === "object" && value !== null) return word(json(value));
  const text = String(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

/** A log line must not be what ends a service: a cycle or a bigint is shown as what it is. */
function json(value: object): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
