import { describe, expect, test } from "vitest";
import { logLine } from "../../src/core/log-line.ts";

describe("a line of ctx.log", () => {
  test.each([
    ["no fields", undefined, "sent"],
    ["words and numbers", { to: "a@b.c", n: 3, ok: true, none: null }, "sent to=a@b.c n=3 ok=true none=null"],
    [
      "text that is not one word is quoted",
      { a: "b c", b: 'say "x"', c: "", d: "1=2", e: "two\nlines" },
      'sent a="b c" b="say \\"x\\"" c="" d="1=2" e="two\\nlines"',
    ],
    ["what is not set is left out", { a: undefined, b: 1 }, "sent b=1"],
    ["an error is its message", { error: new Error("no route") }, 'sent error="no route"'],
    ["a date", { at: new Date(0) }, "sent at=1970-01-01T00:00:00.000Z"],
    ["objects are JSON", { list: [1, { a: "b" }], sizes: [1, 2] }, 'sent list="[1,{\\"a\\":\\"b\\"}]" sizes=[1,2]'],
    ["a bigint, symbols", { n: 1n, s: Symbol("x"), t: Symbol("x y") }, 'sent n=1 s=Symbol(x) t="Symbol(x y)"'],
  ])("%s", (_, fields, line) => {
    expect(logLine("sent", fields)).toBe(line);
  });

  test("never throws, whatever a field is", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(logLine("sent", { cycle, bad: new Date(Number.NaN), big: { n: 1n } })).toBe(
      'sent cycle="[object Object]" bad="Invalid Date" big="[object Object]"',
    );
  });
});
