import { expect, test } from "vitest";
import { escapeControls } from "../../src/core/escape.ts";
import { fc } from "../helpers/fast-check.ts";

test("control characters are shown, others stay", () => {
  expect(escapeControls("a\u001b[31mé→\n\t\u007f\u009b\u202e")).toBe("a\\x1b[31mé→\\n\\t\\x7f\\x9b\\u202e");
});

test("nothing that moves a cursor or breaks a line is left", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(escapeControls(text))));
});
