import { expect, test } from "vitest";
import { chooseStyle } from "../../../src/core/log/style.ts";

const wish = { format: null, timestamps: false, noColor: false, terminal: true, env: {} };

test("a terminal gets pretty in colours, everything else plain", () => {
  expect(chooseStyle(wish)).toEqual({ format: "pretty", colour: true, timestamps: false });
  expect(chooseStyle({ ...wish, terminal: false })).toEqual({ format: "plain", colour: false, timestamps: false });
});

test("a format that is asked for is used anywhere", () => {
  expect(chooseStyle({ ...wish, format: "json" }).format).toBe("json");
  expect(chooseStyle({ ...wish, format: "pretty", terminal: false })).toMatchObject({ format: "pretty", colour: false });
});

test.each([
  ["--no-color", { noColor: true }, false],
  ["--no-color and FORCE_COLOR", { noColor: true, env: { FORCE_COLOR: "1" } }, false],
  ["NO_COLOR", { env: { NO_COLOR: "1" } }, false],
  ["an empty NO_COLOR", { env: { NO_COLOR: "" } }, true],
  ["FORCE_COLOR", { env: { FORCE_COLOR: "1" }, terminal: false }, true],
  ["FORCE_COLOR=0", { env: { FORCE_COLOR: "0" } }, false],
  ["NO_COLOR and FORCE_COLOR", { env: { NO_COLOR: "1", FORCE_COLOR: "1" } }, false],
  ["a terminal that knows none", { env: { TERM: "dumb" } }, false],
])("%s", (_name, given, colour) => {
  expect(chooseStyle({ ...wish, format: "pretty", ...given }).colour).toBe(colour);
});
