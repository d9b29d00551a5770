import { describe, expect, test } from "vitest";
import { encode } from "../../../src/core/log/bytes.ts";
import { createMask, isMaskable } from "../../../src/core/log/mask.ts";
import { fc } from "../../helpers/fast-check.ts";

function masked(values: readonly string[], chunks: readonly string[]): string {
  const stream = createMask(values)?.stream();
  return stream === undefined ? chunks.join("") : chunks.map((chunk) => stream.push(chunk)).join("") + stream.end();
}

describe("values in a stream", () => {
  test.each([
    [["secret"], ["a secret here\n"], "a *** here\n"],
    [["secret"], ["a sec", "ret here\n"], "a *** here\n"],
    [["secret"], ["s", "e", "c", "r", "e", "t", "\n"], "***\n"],
    [["secret"], ["a sec\n", "ret\n"], "a sec\nret\n"],
    [["secret"], ["secre", "secret\n"], "secre***\n"],
    [["secret"], ["secretsecret"], "******"],
    [["secret"], ["the end is sec"], "the end is sec"],
    [["abab"], ["ab", "abab\n"], "***\n"],
    [["abcdef", "efghij"], ["abcdefghij\n"], "***\n"],
    [["abcdef", "efghij"], ["abcde", "fghi", "j\n"], "***\n"],
    [["abcdef", "efghij"], ["abcdefgh\n"], "***gh\n"],
    [["abcd", "xabcdefghi"], ["xabcd", "efghi\n"], "***\n"],
    [["xabc", "abcdefghi"], ["xabcd", "efghi\n"], "***\n"],
    [["aaaa"], ["aaaaa", "aaaaa", "b\n"], "***b\n"],
    [["abcd", "abcdef"], ["abcd", "ef abcd\n"], "*** ***\n"],
    [["abcd", "abcdef"], ["abcd", "e\n"], "***e\n"],
    [["abcd", "zabcq"], ["xzab", "cd\n"], "xz***\n"],
    [["a.c+", "$&$1"], ["aXcc a.c+ $&$1\n"], "aXcc *** ***\n"],
    [["line one\nline two\n"], ["> line two\n> line one\n"], "> ***\n> ***\n"],
    [[encode("schlüssel")], [], ""],
  ])("%j in %j", (values, chunks, expected) => {
    expect(masked(values, chunks)).toBe(expected);
  });

  test("characters of several bytes may be cut anywhere", () => {
    const text = encode("der Schlüssel!\n");
    for (let at = 0; at <= text.length; at++) expect(masked(["Schlüssel"], [text.slice(0, at), text.slice(at)])).toBe("der ***!\n");
  });

  test("however it is cut, it is masked as if it were whole", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "c", "\n"), maxLength: 40 });
    const value = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 4, maxLength: 7 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), letters, fc.array(fc.nat(40)), (values, text, cuts) => {
        const at = [0, ...cuts.filter((cut) => cut <= text.length).sort((a, b) => a - b), text.length];
        const chunks = at.slice(1).map((end, index) => text.slice(at[index], end));
        expect(masked(values, chunks)).toBe(createMask(values)?.apply(text));
      }),
    );
  });

  test("no character of a value that stands in the text is passed on, however values overlap", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 30 });
    const value = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 4, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), letters, (values, text) => {
        const inside = new Set<number>();
        for (const one of values) {
          for (let at = text.indexOf(one); at >= 0; at = text.indexOf(one, at + 1))
            for (let on = 0; on < one.length; on++) inside.add(at + on);
        }
        const left = Array.from(text, (letter, at) => (inside.has(at) ? "" : letter)).join("");
        expect(masked(values, [text]).replaceAll("*", "")).toBe(left);
      }),
    );
  });

  test("little is held back of one long value without an end", () => {
    const stream = createMask(["aaaa"])?.stream();
    expect(stream?.push("a".repeat(100_000))).toBe("***");
    expect(stream?.push("a".repeat(100_000))).toBe("");
    expect(stream?.push("b\n")).toBe("b\n");
  });

  test("a whole line is never held back", () => {
    const stream = createMask(["secret"])?.stream();
    expect(stream?.push("it is sec\n")).toBe("it is sec\n");
  });
});

test.each([
  ["", false],
  ["abc", false],
  ["abcd", true],
  ["a\nb\nc\nd", false],
  ["   x   ", false],
])("%j can be masked: %s", (value, expected) => {
  expect(isMaskable(value)).toBe(expected);
  expect(createMask([value]) !== null).toBe(expected);
});
