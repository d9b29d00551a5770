import { describe, expect, test } from "vitest";
import { createSplitter, type Lines, MAX_LINE_BYTES, textOf } from "../../../src/core/log/splitter.ts";
import { fc } from "../../helpers/fast-check.ts";

interface Line {
  readonly text: string;
  readonly continued: boolean;
}

function split(chunks: readonly Buffer[], maxLine?: number): Line[] {
  const lines: Line[] = [];
  const emit = (part: Lines): void => {
    for (const text of textOf(part).split("\n")) lines.push({ text, continued: part.continued });
    // As the fast lane may.
    part.body?.fill(0, part.end + 1);
  };
  const splitter = createSplitter(emit, maxLine);
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const edges = [0, ...at.map((edge) => edge % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

const newline = fc.constant(10);
const bytes = fc.array(fc.oneof({ weight: 1, arbitrary: newline }, { weight: 4, arbitrary: fc.nat(255) })).map((list) => Buffer.from(list));
const cuts = fc.array(fc.nat(), { maxLength: 12 });

test("any bytes, however they are cut, give the lines that stand in them", () => {
  fc.assert(
    fc.property(bytes, cuts, (all, at) => {
      const expected = all.toString("latin1").split("\n");
      if (expected.at(-1) === "") expected.pop();
      expect(split(cut(all, at)).map(({ text }) => text)).toEqual(expected);
    }),
  );
});

test("any limit gives pieces no longer than it, and joined they are the lines", () => {
  fc.assert(
    fc.property(bytes, cuts, fc.integer({ min: 1, max: 20 }), (all, at, limit) => {
      const pieces = split(cut(all, at), limit);
      expect(pieces.every(({ text }) => text.length <= limit)).toBe(true);
      const joined = pieces.map(({ text, continued }) => (continued ? text : `${text}\n`)).join("");
      const whole = all.toString("latin1");
      expect(joined).toBe(whole === "" || whole.endsWith("\n") ? whole : `${whole}\n`);
    }),
  );
});

describe("a line that is too long", () => {
  test("is cut into pieces of the limit, each but the last marked", () => {
    expect(split([Buffer.from("abcdefgh\nxy\n")], 3)).toEqual([
      { text: "abc", continued: true },
      { text: "def", continued: true },
      { text: "gh", continued: false },
      { text: "xy", continued: false },
    ]);
  });

  test("of exactly the limit is not cut", () => {
    expect(split([Buffer.from("abc"), Buffer.from("\n")], 3)).toEqual([{ text: "abc", continued: false }]);
  });

  test("is not cut inside a character", () => {
    expect(split([Buffer.from("aéé\n")], 4).map(({ text }) => Buffer.from(text, "latin1").toString())).toEqual(["aé", "é"]);
  });

  test("has pieces of 1 MiB by default", () => {
    const line = Buffer.alloc(2 * MAX_LINE_BYTES + 1, "x");
    const chunks = cut(
      line,
      Array.from({ length: 40 }, (_, at) => at * 65_536),
    );
    expect(split(chunks).map(({ text }) => text.length)).toEqual([MAX_LINE_BYTES, MAX_LINE_BYTES, 1]);
  });

  test("of 10 MB that comes in small parts holds no more than its bytes, and costs no quadratic time", () => {
    const part = Buffer.from("0123456789");
    let bytesOut = 0;
    const splitter = createSplitter((lines) => {
      bytesOut += textOf(lines).length;
    });
    // Joined anew at each part, this would copy 500 GB.
    for (let at = 0; at < 1_000_000; at++) splitter.push(part);
    splitter.end();
    expect(bytesOut).toBe(10_000_000);
  });
});

test("the end of a stream without an open line adds none", () => {
  expect(split([Buffer.from("a\n")])).toEqual([{ text: "a", continued: false }]);
  expect(split([])).toEqual([]);
});
