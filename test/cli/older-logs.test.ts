import { expect, test } from "vitest";
import { boundaryOf } from "../../src/cli/logs/older.ts";
import { type FileLine, parseFileLine } from "../../src/core/log/file-line.ts";

function line(second: number, name: string, text: string): FileLine {
  return parseFileLine(`2026-01-01T00:00:0${second}.000Z ${name} stdout | ${text}`) as FileLine;
}

test("what is in memory does not come from the files as well, also where it begins within a millisecond", () => {
  const time = "2026-01-01T00:00:02.000Z";
  const boundary = boundaryOf({ paths: [], asOf: "2026-01-01T00:00:05.000Z", memory: [{ service: "web", instance: 1, time, lines: 2 }] });
  const file = [
    line(1, "web", "old"),
    line(2, "web", "just old"),
    line(2, "web", "kept"),
    line(2, "web", "kept"),
    line(2, "api", "silent since"),
    line(3, "web", "kept"),
    line(4, "api", "silent since"),
    line(5, "api", "news"),
  ];
  const older = [...file.flatMap(boundary.pass), ...boundary.rest()];
  expect(older.map((one) => one.line)).toEqual(["old", "silent since", "just old", "silent since"]);
});

test("where all that is read is of that millisecond, it is settled at the end", () => {
  const time = "2026-01-01T00:00:02.000Z";
  const boundary = boundaryOf({ paths: [], asOf: time, memory: [{ service: "web", instance: 1, time, lines: 1 }] });
  expect([line(2, "web", "old"), line(2, "web", "kept")].flatMap(boundary.pass)).toEqual([]);
  expect(boundary.rest().map((one) => one.line)).toEqual(["old"]);
});
