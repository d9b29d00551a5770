import type { LogRecord } from "../protocol.ts";
import { type ByteString, decode, encode, isAscii, isUtf8 } from "./bytes.ts";
import { type Lines, textOf } from "./splitter.ts";

/** Whose line it is. svc's own words about nobody in particular have service `svc` and instance 0. */
export interface Origin {
  readonly service: string;
  readonly instance: number;
}

/** Some lines that arrived together. */
export interface Entry {
  /** Milliseconds since 1970: when svc read them. */
  readonly time: number;
  readonly stream: LogRecord["stream"];
  readonly pid: number | null;
  readonly lines: Lines;
}

export function toRecords(origin: Origin, entry: Entry): LogRecord[] {
  return textOf(entry.lines)
    .split("\n")
    .map((line) => toRecord(origin, entry, line));
}

/** A CR before the newline belongs to the line's end, so it is no part of the line. */
export function toRecord(origin: Origin, entry: Entry, line: ByteString): LogRecord {
  const bytes = line.endsWith("\r") ? line.slice(0, -1) : line;
  const valid = isAscii(bytes) || isUtf8(bytes);
  return {
    time: new Date(entry.time).toISOString(),
    service: origin.service,
    instance: origin.instance,
    stream: entry.stream,
    pid: entry.pid,
    line: decode(bytes),
    ...(valid ? {} : { base64: btoa(bytes) }),
    ...(entry.lines.continued ? { continued: true as const } : {}),
  };
}

/** The bytes of the record's line as the service wrote them: what the text formats start from. */
export function lineBytes(record: LogRecord): ByteString {
  return record.base64 === undefined ? encode(record.line) : atob(record.base64);
}
