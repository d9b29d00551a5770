import type { ByteString } from "../../core/log/bytes.ts";
import { aroundJson, formatJson, formatText } from "../../core/log/format.ts";
import { namePrefix, OWN_NAME, timePrefix } from "../../core/log/prefix.ts";
import type { Entry, Origin } from "../../core/log/records.ts";
import { countLines, linesOf, textOf } from "../../core/log/splitter.ts";
import type { LogStyle } from "../../core/log/style.ts";
import { LANE_BYTES, sharedLane } from "./lane.ts";
import type { Output } from "./output.ts";
import type { Sink } from "./sink/sink.ts";

/** Writes lines in the chosen style, behind aligned names. */
export interface Printer {
  /** The names are to be asked for again, before the next line. */
  namesChanged(): void;
  /** Prints the lines, and returns them in the form that is the cheapest to keep. */
  print(name: string, origin: Origin, entry: Entry): Entry;
}

export interface Styles {
  readonly stdout: LogStyle;
  readonly stderr: LogStyle;
}

/** `names` gives those that may be shown: the column is as wide as the longest of them. */
export function createPrinter(output: Output, styles: Styles, names: () => Iterable<string>): Printer {
  const stdout = createOutlet(output.stdout, styles.stdout);
  const stderr = output.stderr === output.stdout ? stdout : createOutlet(output.stderr, styles.stderr);
  // Null: to be found out. A thousand services that are added are one look at their names.
  let width: number | null = null;
  return {
    namesChanged: () => {
      width = null;
    },
    print(name, origin, entry) {
      width ??= widthOf(names());
      return (entry.stream === "stdout" ? stdout : stderr).print({ name, origin, width, entry });
    },
  };
}

function widthOf(names: Iterable<string>): number {
  let width = OWN_NAME.length;
  for (const name of names) width = Math.max(width, name.length);
  return width;
}

interface Job {
  readonly name: string;
  readonly width: number;
  readonly origin: Origin;
  readonly entry: Entry;
}

interface Outlet {
  print(job: Job): Entry;
}

function createOutlet(sink: Sink, style: LogStyle): Outlet {
  const prefixOf = createPrefixes(style);
  return {
    print({ name, width, origin, entry }) {
      const { lines } = entry;
      if (sink.nowhere) return entry;
      if (sink.gone) {
        sink.discard(countLines(textOf(lines)));
        return entry;
      }
      if (style.format === "json") {
        sink.write(jsonByLane(origin, entry) ?? formatJson(origin, entry));
        return entry;
      }
      const prefix = timePrefix(entry.time, style) + prefixOf(name, width);
      if (lines.end >= LANE_BYTES) {
        const prefixed = sharedLane()?.prefix(prefix, lines) ?? null;
        if (prefixed !== null) {
          sink.write(prefixed);
          return entry;
        }
      }
      const text = textOf(lines);
      sink.write(formatText(style, prefix, text));
      return { ...entry, lines: linesOf(text, lines.continued) };
    },
  };
}

function createPrefixes(style: LogStyle): (name: string, width: number) => ByteString {
  let prefixes = new Map<string, ByteString>();
  let widthThen = 0;
  return (name, width) => {
    // A name that is gone shall not stay here for ever.
    if (width !== widthThen) prefixes = new Map();
    widthThen = width;
    const known = prefixes.get(name);
    if (known !== undefined) return known;
    const prefix = namePrefix(name, width, style);
    prefixes.set(name, prefix);
    return prefix;
  };
}

function jsonByLane(origin: Origin, entry: Entry): Uint8Array | null {
  if (entry.lines.end < LANE_BYTES) return null;
  const { before, after } = aroundJson(origin, entry);
  return sharedLane()?.json(before, after, entry.lines) ?? null;
}
