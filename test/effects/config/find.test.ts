import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configTimeout } from "../../../src/effects/config/config.ts";
import { findConfig } from "../../../src/effects/config/find.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "svc-find-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (...names: readonly string[]) => {
  for (const name of names) writeFileSync(join(folder, name), "");
};
const find = (options: { file?: string; env?: Record<string, string> } = {}) => findConfig({ cwd: folder, env: {}, ...options });

test("the first of the contract's names is taken", () => {
  const names = ["services.ts", "services.mts", "services.cts", "services.js", "services.mjs", "services.cjs", "services.json", "Procfile"];
  put(...names);
  for (const name of names) {
    expect(find()).toBe(join(folder, name));
    rmSync(join(folder, name));
  }
  expect(() => find()).toThrow(`cannot find a config in ${folder}: looked for services.ts`);
});

test("a folder and a dangling link of such a name are passed over", () => {
  mkdirSync(join(folder, "services.ts"));
  symlinkSync("nowhere", join(folder, "services.js"));
  put("Procfile");
  expect(find()).toBe(join(folder, "Procfile"));
});

test("-c is stronger than SVC_CONFIG, which is stronger than the search", () => {
  put("services.ts", "a.mjs", "b.json");
  expect(find({ file: "a.mjs", env: { SVC_CONFIG: "b.json" } })).toBe(join(folder, "a.mjs"));
  expect(find({ env: { SVC_CONFIG: "b.json" } })).toBe(join(folder, "b.json"));
  expect(find({ env: { SVC_CONFIG: "" } })).toBe(join(folder, "services.ts"));
});

test("the real path is given, so that a link names the same config", () => {
  put("real.ts");
  symlinkSync("real.ts", join(folder, "services.ts"));
  expect(find()).toBe(join(folder, "real.ts"));
});

test.each([
  ["missing.ts", 'cannot find the config "missing.ts" (-c): there is no /'],
  ["", 'cannot find the config "" (-c)'],
  [".", 'cannot use the config "." (-c): it is a folder; name a file in it'],
  ["/dev/null", 'cannot use the config "/dev/null" (-c): it is not a regular file'],
  ["notes.txt", 'cannot use the config "notes.txt" (-c): a config ends in .ts, .mts, .cts, .js, .mjs, .cjs or .json, or is a Procfile'],
])("-c %j is refused", (file, message) => {
  put("notes.txt");
  expect(() => find({ file })).toThrow(message);
  expect(() => find({ file })).toThrow(expect.objectContaining({ exitCode: 2 }));
});

test("a Procfile may have an ending", () => {
  put("Procfile.dev");
  expect(find({ file: "Procfile.dev" })).toBe(join(folder, "Procfile.dev"));
});

test.each([
  [{}, 30_000],
  [{ SVC_CONFIG_TIMEOUT: "" }, 30_000],
  [{ SVC_CONFIG_TIMEOUT: "1.5s" }, 1500],
  [{ SVC_CONFIG_TIMEOUT: "250" }, 250],
])("the time limit with %j is %d ms", (env, ms) => {
  expect(configTimeout(env)).toBe(ms);
});

test("a time limit that is none is refused", () => {
  expect(() => configTimeout({ SVC_CONFIG_TIMEOUT: "soon" })).toThrow('cannot use SVC_CONFIG_TIMEOUT="soon": expected a duration');
});
