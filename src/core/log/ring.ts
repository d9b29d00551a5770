import type { LogRecord } from "../protocol.ts";
import { type ByteString, type Bytes, cutAt } from "./bytes.ts";
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
  /** The memory of a chunk that was dropped, for the next one: a flood then costs no new memory. */
  let spare: Bytes | null = null;
  return {
    push(entry) {
      const lines = keep(entry.lines, spare);
      if (lines.body === spare) spare = null;
      entries.push({ ...entry, lines });
      bytes += byteLength(lines);
      // An entry is at least one line, so the newest thousand entries hold the newest thousand lines.
      while (entries.length > RING_LINES || bytes - byteLength(oldest(entries)) >= RING_BYTES) {
        const dropped = oldest(entries);
        bytes -= byteLength(dropped);
        spare = dropped.body ?? spare;
        entries.shift();
      }
    },
    last: (count, origin) => newest(entries, Math.min(count, RING_LINES), origin),
  };
}

function oldest(entries: readonly Entry[]): Lines {
  return entries[0]?.lines ?? linesOf("");
}

/** Above this there may be a line that is too long to be kept. */
const LONG_BYTES = 2 * RING_LINE_BYTES;
/** From this on a copy of the whole chunk is kept, which can be used again; below it, it would be mostly waste. */
const CHUNK_BYTES = 32 * 1024;

/** The lines in memory of their own. */
function keep(lines: Lines, spare: Bytes | null): Lines {
  const { body, end, continued } = lines;
  if (byteLength(lines) > LONG_BYTES) return linesOf(textOf(lines).split("\n").map(clip).join("\n"), continued);
  if (body === null) return lines;
  if (end < CHUNK_BYTES) return linesOf(textOf(lines), continued);
  return { ...lines, body: copy(body, spare) };
}

function copy(body: Bytes, spare: Bytes | null): Bytes {
  // The method of a plain Uint8Array copies, that of a Node Buffer shares; what it gives is of the body's own kind.
  if (spare === null || spare.length < body.length) return Uint8Array.prototype.slice.call(body) as Bytes;
  spare.set(body);
  return spare;
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
