import { describe, expect, test } from "vitest";
import { codeFrame, placeAt } from "../../../src/core/config/code-frame.ts";
import { findJsonFault } from "../../../src/core/config/json-fault.ts";
import { parseProcfile } from "../../../src/core/config/procfile.ts";

describe("a code frame", () => {
  test("shows the place, the line and a caret", () => {
    expect(codeFrame({ file: "/a.ts", line: 2, column: 4 }, "one\r\ntwo three\nfour")).toBe("/a.ts:2:4\n  2 | two three\n    |    ^");
  });

  test("stays aligned behind tabs and escapes", () => {
    expect(codeFrame({ file: "/a.ts", line: 1, column: 4 }, "\t\u001bxy")).toBe("/a.ts:1:4\n  1 |  \\x1bxy\n    |       ^");
  });

  test("shows what stands around the place in a very long line", () => {
    const frame = codeFrame({ file: "/a.ts", line: 1, column: 5001 }, `${"a".repeat(5000)}!${"b".repeat(5000)}`);
    const [, line, caret] = frame.split("\n");
    expect(line!.length).toBeLessThan(130);
    expect(line![caret!.indexOf("^")]).toBe("!");
  });

  test("of a line that is not there is the place alone", () => {
    expect(codeFrame({ file: "/a.ts", line: 9, column: 1 }, "x")).toBe("/a.ts:9:1");
  });

  test("counts lines and columns from 1", () => {
    expect(placeAt("/a", "ab\ncd", 4)).toEqual({ file: "/a", line: 2, column: 2 });
    expect(placeAt("/a", "", 0)).toEqual({ file: "/a", line: 1, column: 1 });
  });
});

describe("a fault in JSON", () => {
  test.each([
    ['{"a": 1,}', 7, 'there is a comma too many before "}"'],
    ["[1, 2, ]", 5, 'there is a comma too many before "]"'],
    ["{'a': 1}", 1, "expected a key in double quotes; JSON knows double quotes only"],
    ["{a: 1}", 1, "expected a key in double quotes"],
    ['{"a" 1}', 5, 'expected ":" after the key'],
    ['{"a": 1 "b": 2}', 8, 'expected "," or "}"'],
    ['{"a": 1', 7, 'expected "," or "}", but the file ends here'],
    ["{} x", 3, "expected the end of the file"],
    ['{"a": 01}', 6, "expected a value"],
    ['{"a": undefined}', 6, "expected a value"],
    ["// c\n{}", 0, "JSON knows no comments; services.js or services.ts does"],
    ["[".repeat(5000), 1001, "nested too deeply"],
  ])("%j", (text, offset, complaint) => {
    expect(findJsonFault(text)).toEqual({ offset, text: complaint });
  });
});

describe("a Procfile", () => {
  test("is a list of names and commands", () => {
    const text = "\uFEFF# comment\n\nweb: node server.js --url=http://a:1\r\nworker-2 :  node w.js # x \n";
    expect(parseProcfile(text)).toEqual({
      raw: { services: { web: { command: "node server.js --url=http://a:1" }, "worker-2": { command: "node w.js # x" } } },
    });
  });

  test("gives every problem with its line", () => {
    expect(parseProcfile("web: a\nnonsense\nweb: b\napi:\n")).toEqual({
      problems: [
        { path: [], text: 'line 2: expected "name: command", got "nonsense"' },
        { path: [], text: 'line 3: the name "web" stands in line 1 already' },
        { path: [], text: 'line 4: expected "name: command", got "api:"' },
      ],
    });
  });
});
