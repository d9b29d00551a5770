import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../src/core/duration.ts";
import { fc } from "../helpers/fast-check.ts";

test.each([
  [0, 0],
  [250, 250],
  ["0ms", 0],
  ["500ms", 500],
  ["1.5s", 1500],
  [".5s", 500],
  ["2m", 120_000],
  ["1h", 3_600_000],
  ["7d", 604_800_000],
  [" 3s ", 3000],
])("%j is %d ms", (value, ms) => {
  expect(parseDuration(value)).toBe(ms);
});

test.each([
  "",
  "5",
  "5 s",
  "5 seconds",
  "-1s",
  "1e3ms",
  "1s2s",
  "s",
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  null,
  undefined,
  true,
  [],
  {},
])("%j is no duration", (value) => {
  expect(parseDuration(value)).toBeNull();
});

test("a duration beyond what a number holds exactly is refused", () => {
  expect(parseDuration(`${"9".repeat(30)}d`)).toBeNull();
});

test.each([
  [0, "0 ms"],
  [500, "500 ms"],
  [999.6, "1 s"],
  [1500, "1.5 s"],
  [1234, "1.23 s"],
  [61_500, "61.5 s"],
  [5000, "5 s"],
  [90_000, "90 s"],
  [120_000, "2 m"],
  [3_600_000, "1 h"],
  [604_800_000, "7 d"],
])("%d ms reads as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("a whole number of seconds survives being shown", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), (seconds) => {
      expect(parseDuration(formatDuration(seconds * 1000).replace(" ", ""))).toBe(seconds * 1000);
    }),
  );
});
