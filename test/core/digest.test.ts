import { expect, test } from "vitest";
import { digest } from "../../src/core/digest.ts";
import { fc } from "../helpers/fast-check.ts";

const TEXT = 'export default async (ctx) => { ctx.log("a word"); while (await ctx.sleep("1h")); };\n';

test("is the same for the same text, and sixteen hexadecimal digits", () => {
  expect(digest(TEXT)).toBe(digest(TEXT));
  expect([digest(TEXT), digest("")].filter((one) => !/^[0-9a-f]{16}$/.test(one))).toEqual([]);
});

test("each edit of one character, anywhere, is told", () => {
  const edits = [...TEXT].flatMap((_, at) => ["x", "ü", "\0", ""].map((by) => TEXT.slice(0, at) + by + TEXT.slice(at + 1)));
  const texts = new Set([TEXT, `${TEXT}\n`, `\0${TEXT}`, ...edits]);
  expect(new Set([...texts].map(digest)).size).toBe(texts.size);
});

test("two texts that are different have different ones", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (one, other) => (digest(one) === digest(other)) === (one === other)));
});
