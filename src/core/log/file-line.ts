import type { LogRecord } from "../protocol.ts";
import type { ByteString } from "./bytes.ts";
import { OWN_NAME } from "./prefix.ts";
import { type Entry, type Origin, toRecord } from "./records.ts";

/**
 * The lines of log files: `2026-11-24T12:34:44.123Z web.1[4711] stdout | what the service wrote`, its bytes as they are. Svc's
 * own words are of the stream `svc` and have no pid. A `+` in place of the `|`: the line goes on in the next one.
 */
const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Za-z][\w-]*)(?:\.(\d+))?(?:\[(\d+)\])? (stdout|stderr|svc) ([|+]) /;

export function filePrefix(name: string, { time, stream, pid, lines }: Entry): ByteString {
  const process = pid === null ? "" : `[${pid}]`;
  return `${new Date(time).toISOString()} ${name}${process} ${stream} ${lines.continued ? "+" : "|"} `;
}

/** The entry's lines as they stand in the file. */
export function formatFile(prefix: ByteString, text: ByteString): ByteString {
  return text.includes("\n") ? `${prefix}${text.split("\n").join(`\n${prefix}`)}\n` : `${prefix}${text}\n`;
}

/** What a line of a file says; null where another program wrote it, or it was cut off. */
export interface FileLine {
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  /** What was shown: `web`, or `web.1`. */
  readonly name: string;
  readonly origin: Origin;
  readonly stream: LogRecord["stream"];
  readonly pid: number | null;
  readonly continued: boolean;
  readonly line: ByteString;
}

export function parseFileLine(text: ByteString): FileLine | null {
  const found = LINE.exec(text);
  if (found === null) return null;
  const [before, time = "", service = "", instance, pid, stream, mark] = found;
  return {
    time,
    name: instance === undefined ? service : `${service}.${instance}`,
    origin: { service, instance: instance === undefined ? (service === OWN_NAME ? 0 : 1) : Number(instance) },
    stream: stream as LogRecord["stream"],
    pid: pid === undefined ? null : Number(pid),
    continued: mark === "+",
    line: text.slice(before.length),
  };
}

export function recordOf({ time, origin, stream, pid, continued, line }: FileLine): LogRecord {
  return toRecord(origin, { time: Date.parse(time), stream, pid, lines: { head: "", body: null, end: 0, continued } }, line);
}
