import { expect, test } from "vitest";
import { formatSize, parseSize } from "../../src/core/size.ts";

test.each([
  [0, 0],
  [512, 512],
  ["64K", 65_536],
  ["10M", 10_485_760],
  ["2G", 2_147_483_648],
  ["1.5k", 1536],
])("%j is %d bytes", (value, bytes) => {
  expect(parseSize(value)).toBe(bytes);
});

test.each(["", "64", "64KB", "64 K", "-1K", "1T", -1, 1.5, Number.NaN, null, undefined, false, [], {}])("%j is no size", (value) => {
  expect(parseSize(value)).toBeNull();
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [65_536, "64K"],
  [1_572_864, "1.5M"],
  [2_147_483_648, "2G"],
])("%d bytes read as %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
