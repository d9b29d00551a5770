import { type ByteString, encode, isUtf8 } from "./bytes.ts";
import { needsCare, plainLine, prettyLines } from "./escape.ts";
import { type Entry, type Origin, toRecords } from "./records.ts";
import { textOf } from "./splitter.ts";
import type { LogStyle } from "./style.ts";

/** The lines of an entry with the prefix before each, ready to be written. */
export function formatText(style: LogStyle, prefix: ByteString, text: ByteString): ByteString {
  const between = `\n${prefix}`;
  const lines = text.split("\n");
  if (!needsCare(text, isUtf8)) return `${prefix}${lines.join(between)}\n`;
  const safe = style.format === "plain" ? lines.map(plainLine) : lines.flatMap((line) => prettyLines(line, style.colour));
  return `${prefix}${safe.join(between)}\n`;
}

/** One JSON object a line. */
export function formatJson(origin: Origin, entry: Entry): ByteString {
  const text = textOf(entry.lines);
  if (!text.includes("\\") && !needsCare(text, isUtf8)) return formatJsonAtOnce(origin, entry, text);
  return toRecords(origin, entry)
    .map((record) => encode(jsonLine(record)))
    .join("");
}

/** All lines in one go: with no backslash among them, each `\\n` of the JSON text is one of their ends. */
function formatJsonAtOnce(origin: Origin, entry: Entry, text: ByteString): ByteString {
  const { before, after } = aroundJson(origin, entry);
  const body = JSON.stringify(text).slice(1, -1).split("\\n").join(`${after}${before}`);
  return before + body + after;
}

/** What stands before and after the text of each line, where that is valid UTF-8. */
export function aroundJson(
  origin: Origin,
  { time, stream, pid, lines }: Entry,
): { readonly before: ByteString; readonly after: ByteString } {
  const facts = { time: new Date(time).toISOString(), service: origin.service, instance: origin.instance, stream, pid, line: "" };
  return { before: JSON.stringify(facts).slice(0, -2), after: lines.continued ? `","continued":true}\n` : `"}\n` };
}

/** DEL and C1 are escaped: a terminal would act on them, and JSON leaves them as they are. */
export function jsonLine(value: object): string {
  const json = JSON.stringify(value).replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
  return `${json}\n`;
}
