import { isUtf8 } from "node:buffer";
import { describe, expect, test } from "vitest";
import { aroundJson, formatJson, formatText } from "../../../src/core/log/format.ts";
import { createLane, type Lane } from "../../../src/core/log/lane.ts";
import { type Lines, textOf } from "../../../src/core/log/splitter.ts";
import { fc } from "../../helpers/fast-check.ts";

const writer = (memory: ArrayBuffer) => (text: string, at: number) => void Buffer.from(memory).write(text, at, "latin1");
const lane = createLane({ isUtf8, writer }) as Lane;
const PLAIN = { format: "plain", colour: false, timestamps: false } as const;

function prefixed(prefix: string, lines: Lines): string | null {
  const bytes = lane.prefix(prefix, lines);
  return bytes === null ? null : Buffer.from(bytes).toString("latin1");
}

function chunk(text: string | Uint8Array, head = ""): Lines {
  const body = Buffer.from(text as string);
  return { head, body, end: body.lastIndexOf(10), continued: false };
}

test("gives what the slow way gives, or nothing", () => {
  const character = fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(10, 10, 9) },
    { weight: 20, arbitrary: fc.integer({ min: 32, max: 126 }) },
  );
  const body = fc.array(character, { maxLength: 400 }).map((list) => Uint8Array.from([...list, 10]));
  const prefix = fc.string({ unit: "grapheme-ascii", maxLength: 60 });
  fc.assert(
    fc.property(prefix, fc.string({ unit: "grapheme-ascii" }), body, (before, head, bytes) => {
      const lines = chunk(bytes, head);
      expect(prefixed(before, lines)).toBe(formatText(PLAIN, before, textOf(lines)));
    }),
    { numRuns: 500 },
  );
});

test("gives the same of a chunk that was read into its own memory, whatever stood before and behind it", () => {
  const text = `${"x".repeat(94)}\n`.repeat(689);
  lane.input.fill(7);
  lane.input.set(Buffer.from(`${text}rest`));
  const body = Buffer.from(lane.input.buffer, lane.input.byteOffset, text.length + 4);
  const lines: Lines = { head: "begun ", body, end: text.length - 1, continued: false };
  const expected = prefixed("web | ", chunk(`${text}rest`, "begun "));
  expect(prefixed("web | ", lines)).toBe(expected);
  expect(prefixed("web | ", lines)).toBe(expected);
  expect(textOf(lines)).toBe(`begun ${text.slice(0, -1)}`);
});

test("gives nothing where a head has no room before its own memory", () => {
  lane.input.set(Buffer.from("x\n"));
  const body = Buffer.from(lane.input.buffer, lane.input.byteOffset, 2);
  expect(prefixed("web | ", { head: "h".repeat(65_400), body, end: 1, continued: false })).toBeNull();
});

test("gives the lines of a full chunk, unaligned and with what follows them left out", () => {
  const line = `${"x".repeat(94)}\n`;
  const text = line.repeat(689);
  expect(prefixed("web | ", chunk(`${text}rest`, "begun "))).toBe(`web | begun ${text.replaceAll("\n", "\nweb | ").slice(0, -6)}`);
});

describe("as JSON", () => {
  const origin = { service: "web", instance: 1 };
  const entryOf = (lines: Lines) => ({ time: 1_700_000_000_000, stream: "stdout", pid: 7, lines }) as const;
  const json = (lines: Lines): string | null => {
    const { before, after } = aroundJson(origin, entryOf(lines));
    const bytes = lane.json(before, after, lines);
    return bytes === null ? null : Buffer.from(bytes).toString("latin1");
  };

  test("gives what the slow way gives, quotes and backslashes included", () => {
    const character = fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(10, 34, 92) },
      { weight: 5, arbitrary: fc.integer({ min: 32, max: 126 }) },
    );
    const body = fc.array(character, { maxLength: 400 }).map((list) => Uint8Array.from([...list, 10]));
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), body, (head, bytes) => {
        const lines = chunk(bytes, head);
        expect(json(lines)).toBe(formatJson(origin, entryOf(lines)));
      }),
      { numRuns: 500 },
    );
  });

  test("lets valid UTF-8 pass", () => {
    const lines = chunk('größer → 😀\n"б"\n');
    expect(json(lines)).toBe(formatJson(origin, entryOf(lines)));
  });

  test.each(["\t", "\r", "\x1b", "\x7f", "\x9b", "\xff"])("leaves %j to the slow way", (text) => {
    expect(json(chunk(Buffer.from(`x${text}y\n`, "latin1")))).toBeNull();
  });

  test("a quote at the last place that it may use does no harm", () => {
    for (const length of [60_000, 65_000, 90_000]) {
      const lines = chunk(`${'"'.repeat(length)}\n`);
      const out = json(lines);
      if (out !== null) expect(out).toBe(formatJson(origin, entryOf(lines)));
    }
  });
});

test("lets valid UTF-8 pass", () => {
  expect(prefixed("a ", chunk("größer → 😀\nб\n"))).toBe(Buffer.from("a größer → 😀\na б\n").toString("latin1"));
});

test("valid UTF-8 passes where a chunk's edge cuts a character", () => {
  const bytes = Buffer.from("é\n");
  expect(prefixed("", chunk(bytes.subarray(1), bytes.toString("latin1", 0, 1)))).toBe(bytes.toString("latin1"));
});

describe("leaves to the slow way", () => {
  const CONTROLS = Array.from({ length: 0x20 }, (_, code) => code).filter((code) => code !== 9 && code !== 10);
  const whereItStands = [0, 1, 15, 16, 17, 31, 200];

  test.each([...CONTROLS, 0x7f])("the control byte %i, wherever it stands", (code) => {
    for (const at of whereItStands) {
      expect(prefixed("", chunk(`${"x".repeat(at)}${String.fromCharCode(code)}yes\n`)), `at ${at}`).toBeNull();
    }
  });

  test("what may be a C1 control, and invalid UTF-8", () => {
    for (const at of whereItStands) {
      const before = Buffer.alloc(at, "x");
      for (const bytes of [[0xc2, 0x9b], [0x9b], [0xff]]) {
        expect(prefixed("", chunk(Buffer.concat([before, Buffer.from(bytes), Buffer.from("\n")])))).toBeNull();
      }
    }
  });

  test("more than it has room for", () => {
    expect(prefixed("x".repeat(200), chunk("\n".repeat(65_536)))).toBeNull();
    expect(prefixed("x".repeat(300), chunk("a\n"))).toBeNull();
    expect(prefixed("", chunk("a\n".repeat(100_000)))).toBeNull();
  });
});

test("fills its room to the last byte that it may use without harm", () => {
  for (let lines = 1000; lines < 65_000; lines += 997) {
    const text = "\n".repeat(lines);
    const out = prefixed("0123456", chunk(text));
    if (out !== null) expect(out).toBe("0123456\n".repeat(lines));
  }
});
