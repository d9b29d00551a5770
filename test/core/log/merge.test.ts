import { expect, test } from "vitest";
import { mergeByTime } from "../../../src/core/log/merge.ts";

async function* source(...batches: readonly string[][]) {
  for (const batch of batches) yield batch.map((text) => ({ time: text[0] ?? "", text }));
}

test.each([
  [
    [
      [["1a", "3a"], ["5a"]],
      [["2b"], ["4b", "6b"]],
    ],
    ["1a", "2b", "3a", "4b", "5a", "6b"],
  ],
  [
    [[["1a", "1b"]], [["1c"]]],
    ["1a", "1b", "1c"],
  ],
  [
    [[[], ["2a"]], [[]], [["1c"], []]],
    ["1c", "2a"],
  ],
  [[], []],
])("%j becomes %j", async (sources, merged) => {
  const found: string[] = [];
  for await (const some of mergeByTime(sources.map((batches) => source(...batches)))) found.push(...some.map(({ text }) => text));
  expect(found).toEqual(merged);
});
