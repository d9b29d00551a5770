import { describe, expect, test } from "vitest";
import { formatJson, formatText } from "../../../src/core/log/format.ts";
import { namePrefix, timePrefix } from "../../../src/core/log/prefix.ts";
import { type Entry, toRecords } from "../../../src/core/log/records.ts";
import { linesOf } from "../../../src/core/log/splitter.ts";
import type { LogStyle } from "../../../src/core/log/style.ts";
import { fc } from "../../helpers/fast-check.ts";

const PLAIN: LogStyle = { format: "plain", colour: false, timestamps: false };
const PRETTY: LogStyle = { format: "pretty", colour: true, timestamps: false };
const COLOURLESS: LogStyle = { ...PRETTY, colour: false };

const latin1 = (text: string | readonly number[]): string => Buffer.from(text as string).toString("latin1");
const utf8 = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");
const shown = (style: LogStyle, text: string): string => utf8(formatText(style, "web: ", latin1(text)));

/** name, what the service wrote, plain, pretty with colours, pretty without */
const ROWS: readonly (readonly [string, string, string, string, string])[] = [
  ["text passes", "hello", "web: hello", "web: hello", "web: hello"],
  ["an empty line is a line", "", "web: ", "web: ", "web: "],
  ["each line has the prefix", "a\n\nb", "web: a\nweb: \nweb: b", "web: a\nweb: \nweb: b", "web: a\nweb: \nweb: b"],
  ["a tab passes", "a\tb", "web: a\tb", "web: a\tb", "web: a\tb"],
  ["UTF-8 passes", "größer → 😀", "web: größer → 😀", "web: größer → 😀", "web: größer → 😀"],
  ["colours pass only in colour", "\x1b[31mred", "web: red", "web: \x1b[31mred\x1b[0m", "web: red"],
  ["a long colour sequence is one", "\x1b[38;5;9;48:2:1:2:3mx", "web: x", "web: \x1b[38;5;9;48:2:1:2:3mx\x1b[0m", "web: x"],
  ["a line without colours is not reset", "\x1b[1ma\nb", "web: a\nweb: b", "web: \x1b[1ma\x1b[0m\nweb: b", "web: a\nweb: b"],
  ["a cursor movement does nothing", "a\x1b[2Kb\x1b[Hc", "web: a\\x1b[2Kb\\x1b[Hc", "web: abc", "web: abc"],
  ["a title is not set", "\x1b]0;title\x07x", "web: \\x1b]0;title\\x07x", "web: x", "web: x"],
  ["nor one that ends with ST", "\x1b]2;t\x1b\\x", "web: \\x1b]2;t\\x1b\\x", "web: x", "web: x"],
  ["a short sequence does nothing", "\x1bcx\x1b(By\x1b7", "web: \\x1bcx\\x1b(By\\x1b7", "web: xy", "web: xy"],
  ["a sequence without an end is shown", "x\x1b[12", "web: x\\x1b[12", "web: x\\x1b[12", "web: x\\x1b[12"],
  ["a title without an end is shown", "\x1b]0;never", "web: \\x1b]0;never", "web: \\x1b]0;never", "web: \\x1b]0;never"],
  ["a bell is shown", "ding\x07", "web: ding\\x07", "web: ding\\x07", "web: ding\\x07"],
  ["NUL and DEL are shown", "\0\x7f", "web: \\x00\\x7f", "web: \\x00\\x7f", "web: \\x00\\x7f"],
  ["C1 in UTF-8 is shown", "a\u009b31mb\u0080", "web: a\\x9b31mb\\x80", "web: a\\x9b31mb\\x80", "web: a\\x9b31mb\\x80"],
  ["U+00A0 is no control", "a\u00a0b", "web: a\u00a0b", "web: a\u00a0b", "web: a\u00a0b"],
  ["CRLF ends a line", "a\r\nb\r", "web: a\nweb: b", "web: a\nweb: b", "web: a\nweb: b"],
  ["a CR begins a line in pretty only", "10%\r20%", "web: 10%\\x0d20%", "web: 10%\nweb: 20%", "web: 10%\nweb: 20%"],
  [
    "CRs without text add no lines",
    "\ra\r\rb\r\r\n\r",
    "web: \\x0da\\x0d\\x0db\\x0d\nweb: ",
    "web: a\nweb: b\nweb: ",
    "web: a\nweb: b\nweb: ",
  ],
];

describe.each(ROWS)("%s", (_name, text, plain, pretty, colourless) => {
  test("in plain", () => expect(shown(PLAIN, text)).toBe(`${plain}\n`));
  test("in pretty", () => expect(shown(PRETTY, text)).toBe(`${pretty}\n`));
  test("in pretty without colours", () => expect(shown(COLOURLESS, text)).toBe(`${colourless}\n`));
});

test("a raw C1 byte is shown, other invalid bytes pass as they are", () => {
  for (const style of [PLAIN, PRETTY]) {
    expect(formatText(style, "", latin1([0x61, 0x9b, 0xff, 0x62]))).toBe("a\\x9b\xffb\n");
  }
});

test("whatever a service writes, plain output holds no control character but tab and newline, and one prefix a line", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = latin1([...bytes]);
      const out = formatText(PLAIN, "web: ", text);
      expect(out).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/);
      const lines = out.split("\n");
      expect(lines.pop()).toBe("");
      expect(lines.length).toBe(text.split("\n").length);
      expect(lines.every((line) => line.startsWith("web: "))).toBe(true);
    }),
  );
});

test("whatever a service writes, pretty output holds no escape sequence but colours", () => {
  const nasty = fc.array(fc.constantFrom("\x1b", "[", "]", "0;", "3", "m", "K", "\x07", "\\", "\r", "\n", "P", "x", "\u009b", "é"), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(nasty, (parts) => {
      const out = utf8(formatText(PRETTY, "", latin1(parts.join(""))));
      expect(out.replace(/\x1b\[[0-9;:]*m/g, "")).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    }),
  );
});

describe("json", () => {
  const origin = { service: "web", instance: 2 };
  const entry = (text: string, continued = false): Entry => ({
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    stream: "stdout",
    pid: 12,
    lines: linesOf(text, continued),
  });
  const parsed = (one: Entry): unknown[] =>
    utf8(formatJson(origin, one))
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));

  test("has the fields of the contract", () => {
    const facts = { time: "2026-01-02T03:04:05.006Z", service: "web", instance: 2, stream: "stdout", pid: 12 };
    expect(parsed(entry("a\nb"))).toEqual([
      { ...facts, line: "a" },
      { ...facts, line: "b" },
    ]);
  });

  test("marks the piece of a line that goes on", () => {
    expect(parsed(entry("abc", true))).toMatchObject([{ line: "abc", continued: true }]);
  });

  test("invalid UTF-8 becomes U+FFFD, with the original beside it", () => {
    const bytes = latin1([0x61, 0xff, 0x62]);
    expect(parsed(entry(bytes))).toMatchObject([{ line: "a\ufffdb", base64: Buffer.from(bytes, "latin1").toString("base64") }]);
  });

  test("what a terminal would act on is escaped, and comes back", () => {
    const text = '\x1b[2J\x07\x7f\u009b"\\n\t';
    const json = formatJson(origin, entry(latin1(text)));
    expect(json).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/);
    expect(parsed(entry(latin1(text)))).toMatchObject([{ line: text }]);
  });

  test("a CR at the end belongs to the line's end", () => {
    expect(parsed(entry("a\r\nb\r"))).toMatchObject([{ line: "a" }, { line: "b" }]);
  });

  test("the lines of a whole chunk are what the records say, whatever is in them", () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom('"', "\\n", "\\", "a\nb", "\u0085"));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), (parts) => {
        const one = entry(latin1(parts.join("\n")));
        expect(parsed(one)).toEqual(toRecords(origin, one));
      }),
    );
  });
});

describe("prefixes", () => {
  test("are as wide as asked", () => {
    expect(namePrefix("web", 6, PLAIN)).toBe("web    | ");
    expect(utf8(namePrefix("web", 6, COLOURLESS))).toBe("web    │ ");
  });

  test("the colour follows from the name alone, and is not everybody's", () => {
    const colours = Array.from({ length: 50 }, (_, at) => namePrefix(`service-${at}`, 0, PRETTY).slice(0, 5));
    expect(namePrefix("web", 3, PRETTY).slice(0, 5)).toBe(namePrefix("web", 9, PRETTY).slice(0, 5));
    expect(new Set(colours).size).toBeGreaterThan(5);
  });

  test("a time comes first where it is wanted", () => {
    const time = Date.UTC(2026, 0, 2);
    expect(timePrefix(time, { ...PLAIN, timestamps: true })).toBe("2026-01-02T00:00:00.000Z ");
    expect(timePrefix(time, PLAIN)).toBe("");
  });
});
