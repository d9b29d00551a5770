import { describe, expect, test } from "vitest";
import { isFound } from "../../../src/core/log/wanted.ts";

describe("a pattern", () => {
  const coloured = "\x1b[1;31mERROR\x1b[0m: no \x1b[36mtea\x1b[39m left";

  test.each([/^ERROR: no tea/u, /left$/u, /no tea left/u])("%s is found in what somebody reads of a coloured line", (pattern) => {
    expect(isFound(pattern, coloured)).toBe(true);
  });

  test("may look for the colours, too", () => {
    expect(isFound(/\x1b\[1;31m/u, coloured)).toBe(true);
    expect(isFound(/\x1b\[35m/u, coloured)).toBe(false);
  });

  test("is not found where it is in neither", () => {
    expect(isFound(/coffee/u, coloured)).toBe(false);
    expect(isFound(/^tea/u, "no tea")).toBe(false);
  });
});
