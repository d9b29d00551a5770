import type { LogRecord } from "../protocol.ts";
import { type ByteString, cutAt } from "./bytes.ts";
import { type Entry, type Origin, toRecord } from "./records.ts";
import { byteLength, type Lines, linesOf, textOf } from "./splitter.ts";

export const RING_LINES = 1000;
export const RING_BYTES = 256 * 1024;
/** Of a longer line only its beginning is kept. */
export const RING_LINE_BYTES = 64 * 1024;

/** The last lines of one instance. What arrives is kept as it came, and made into lines only when somebody reads. */
export interface Ring {
  push(entry: Entry): void;
  /** The last `count` lines, oldest first: never more than 1,000, nor more than 256 KiB. */
  last(count: number, origin: Origin): LogRecord[];
}

export function createRing(): Ring {
  const entries: Entry[] = [];
  let bytes = 0;
  return {
    push(entry) {
      const kept = compact(entry);
      entries.push(kept);
      bytes += byteLength(kept.lines);
      // An entry is at least one line, so the newest thousand entries hold the newest thousand lines.
      while (entries.length > RING_LINES || bytes - byteLength(oldest(entries)) >= RING_BYTES) {
        bytes -= byteLength(oldest(entries));
        entries.shift();
      }
    },
    last: (count, origin) => newest(entries, Math.min(count, RING_LINES), origin),
  };
}

function oldest(entries: readonly Entry[]): Lines {
  return entries[0]?.lines ?? linesOf("");
}

/** More than this and there may be a line that is too long to be kept, or a chunk kept whole for a small part of it. */
const ENTRY_BYTES = 2 * RING_LINE_BYTES;
const WASTE_BYTES = 4096;

function compact(entry: Entry): Entry {
  const { lines } = entry;
  if (byteLength(lines) > ENTRY_BYTES) {
    const clipped = textOf(lines).split("\n").map(clip).join("\n");
    return { ...entry, lines: linesOf(clipped, lines.continued) };
  }
  if (lines.body !== null && lines.body.length - lines.end > WASTE_BYTES) {
    return { ...entry, lines: linesOf(textOf(lines), lines.continued) };
  }
  return entry;
}

function clip(line: ByteString): ByteString {
  return line.length <= RING_LINE_BYTES ? line : line.slice(0, cutAt(line, RING_LINE_BYTES));
}

function newest(entries: readonly Entry[], count: number, origin: Origin): LogRecord[] {
  const records: LogRecord[] = [];
  let room = RING_BYTES;
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at] as Entry;
    const lines = textOf(entry.lines).split("\n");
    while (lines.length > 0) {
      const line = clip(lines.pop() ?? "");
      room -= line.length;
      if (records.length >= count || room < 0) return records.reverse();
      records.push(toRecord(origin, entry, line));
    }
  }
  return records.reverse();
}
