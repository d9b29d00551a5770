import { describe, expect, test } from "vitest";
import { oldestUntilFits, surplus } from "../../../src/core/log/caps.ts";
import { filePrefix, formatFile, parseFileLine, recordOf } from "../../../src/core/log/file-line.ts";
import { parseRotatedName, rotatedName } from "../../../src/core/log/rotated-name.ts";
import { linesOf } from "../../../src/core/log/splitter.ts";

const TIME = Date.UTC(2026, 10, 24, 12, 34, 44, 123);

describe("lines of log files", () => {
  test.each([
    ["web", "stdout", 4711, false, "web", 1],
    ["web.2", "stderr", 4711, false, "web", 2],
    ["web.2", "svc", null, false, "web", 2],
    ["svc", "svc", null, false, "svc", 0],
    ["a-b_c", "stdout", 1, true, "a-b_c", 1],
  ] as const)("%s %s can be read back", (name, stream, pid, continued, service, instance) => {
    const text = "one | two [x] \xff";
    const file = formatFile(filePrefix(name, { time: TIME, stream, pid, lines: linesOf(text, continued) }), text);
    expect(file.endsWith("\n")).toBe(true);
    const line = parseFileLine(file.slice(0, -1));
    expect(line).toEqual({
      time: "2026-11-24T12:34:44.123Z",
      name,
      origin: { service, instance },
      stream,
      pid,
      continued,
      line: text,
    });
    expect(recordOf(line!)).toMatchObject({ time: "2026-11-24T12:34:44.123Z", service, instance, stream, pid, base64: btoa(text) });
  });

  test("each line of many has its prefix, an empty one too", () => {
    expect(formatFile("> ", "a\n\nb")).toBe("> a\n> \n> b\n");
  });

  test("a line cannot pass for another's", () => {
    const forged = "2026-11-24T12:34:44.123Z other[1] stdout | mine";
    const file = formatFile(filePrefix("web", { time: TIME, stream: "stdout", pid: 2, lines: linesOf(forged) }), forged);
    expect(parseFileLine(file.slice(0, -1))).toMatchObject({ name: "web", line: forged });
  });

  test.each(["", "hello", "2026-11-24T12:34:44Z web stdout | no milliseconds", "2026-11-24T12:34:44.123Z web stdin | x"])(
    "%j is none",
    (text) => expect(parseFileLine(text)).toBeNull(),
  );
});

describe("names of rotated files", () => {
  test.each([
    ["web.log", "web-20261124T123444.123Z.log"],
    ["web", "web-20261124T123444.123Z"],
    [".web", ".web-20261124T123444.123Z"],
    ["a.b.log", "a.b-20261124T123444.123Z.log"],
  ])("%s becomes %s and is known again", (file, rotated) => {
    expect(rotatedName(file, TIME)).toBe(rotated);
    expect(parseRotatedName(rotated)).toEqual({ of: file, time: TIME, compressed: false, partial: false });
    expect(parseRotatedName(`${rotated}.gz`)).toEqual({ of: file, time: TIME, compressed: true, partial: false });
    expect(parseRotatedName(`${rotated}.gz.part`)).toEqual({ of: file, time: TIME, compressed: true, partial: true });
  });

  test.each(["web.log", "web.log.1", "web-2026.log", "web-20261324T123444.123Z.log"])("%s is no such name", (name) => {
    expect(parseRotatedName(name)).toBeNull();
  });
});

describe("caps", () => {
  const old = [30, 10, 20].map((time) => ({ time, bytes: 100 }));

  test.each([
    [5, null, []],
    [4, null, []],
    [3, null, [10]],
    [1, null, [10, 20, 30]],
    [5, 80, [10, 20]],
  ])("with %s files and an age of %s the oldest go", (maxFiles, maxAgeMs, going) => {
    expect(surplus(old, { maxFiles, maxAgeMs }, 100).map(({ time }) => time)).toEqual(going);
  });

  test.each([
    [0, []],
    [1, [10]],
    [100, [10]],
    [101, [10, 20]],
    [999, [10, 20, 30]],
  ])("for %s bytes too many as few as possible go", (bytes, going) => {
    expect(oldestUntilFits(old, bytes).map(({ time }) => time)).toEqual(going);
  });
});
