import type { LogRecord } from "../protocol.ts";
import { withoutColours } from "./escape.ts";

/** What a record must be like to be shown. */
export interface Wanted {
  /** ISO 8601: not older than. */
  readonly since?: string;
  /** Older than. */
  readonly until?: string;
  readonly stream?: string;
}

/** Colours are not in the way of a pattern, and can be looked for all the same. */
export function isFound(pattern: RegExp, line: string): boolean {
  return pattern.test(line) || (line.includes("\x1b") && pattern.test(withoutColours(line)));
}

/** ISO stamps of one form compare as text. */
export function isWanted({ stream, since, until }: Wanted, record: Pick<LogRecord, "stream" | "time">): boolean {
  if (stream !== undefined && record.stream !== stream) return false;
  if (since !== undefined && record.time < new Date(since).toISOString()) return false;
  return until === undefined || record.time < new Date(until).toISOString();
}
