import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SpawnError } from "../../../src/effects/child.ts";
import { findProgram, missingInterpreter } from "../../../src/effects/spawn/program.ts";

let folder = "";
const place = (name: string, text = "#!/bin/sh\n", mode = 0o755): string => {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text, { mode });
  return file;
};
const find = (name: string, env: Record<string, string> = {}, cwd = folder) => findProgram({ argv: [name], cwd, env });
const failure = (action: () => unknown): [string, string] => {
  try {
    action();
  } catch (error) {
    if (error instanceof SpawnError) {
      return [error.code, error.subject];
    }
    throw error;
  }
  throw new Error("found");
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "svc-program-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("a name with a slash is relative to the working directory", () => {
  const file = place("bin/tool");
  expect(find("./bin/tool")).toBe(file);
  expect(find("bin/tool")).toBe(file);
  expect(find(file, {}, "/")).toBe(file);
});

test("a name without a slash is not looked for in the working directory", () => {
  place("tool");
  expect(failure(() => find("tool", { PATH: "/nonexistent" }))).toEqual(["ENOENT", "tool"]);
});

test("the first folder of PATH that has the program wins; relative and empty parts start at the working directory", () => {
  place("a/tool");
  place("b/tool");
  expect(find("tool", { PATH: "/nonexistent:b:a" })).toBe(join(folder, "b/tool"));
  place("tool");
  expect(find("tool", { PATH: ":a" })).toBe(join(folder, "tool"));
});

test("without a PATH the system's folders are searched", () => {
  expect(find("sh")).toMatch(/^\/(usr\/)?bin\/sh$/);
});

test("a file in PATH that may not be run is passed over, and named as the reason only if nothing else is found", () => {
  place("a/tool", "#!/bin/sh\n", 0o644);
  mkdirSync(join(folder, "c/tool"), { recursive: true });
  expect(failure(() => find("tool", { PATH: "a:c" }))).toEqual(["EACCES", "tool"]);
  place("b/tool");
  expect(find("tool", { PATH: "a:c:b" })).toBe(join(folder, "b/tool"));
});

test("says what is wrong with a program: not there, a folder, not executable, a file as a folder", () => {
  place("plain", "x", 0o644);
  expect(failure(() => find("./missing"))).toEqual(["ENOENT", "./missing"]);
  expect(failure(() => find("../"))).toEqual(["EACCES", "../"]);
  expect(failure(() => find("./plain"))).toEqual(["EACCES", "./plain"]);
  expect(failure(() => find("plain/tool"))).toEqual(["ENOTDIR", "plain/tool"]);
  expect(failure(() => find(""))).toEqual(["ENOENT", ""]);
});

test("names the working directory where that is what is wrong", () => {
  const file = place("file");
  expect(failure(() => find("sh", {}, join(folder, "gone")))).toEqual(["ENOENT", join(folder, "gone")]);
  expect(failure(() => find("sh", {}, file))).toEqual(["ENOTDIR", file]);
  const plain = place("plain", "", 0o644);
  expect(failure(() => find("sh", {}, plain))).toEqual(["ENOTDIR", plain]);
});

test("refuses a text without an interpreter line, and an empty file, instead of guessing a shell", () => {
  place("script", "echo hello\n");
  place("empty", "");
  expect(failure(() => find("./script"))).toEqual(["ENOEXEC", "./script"]);
  expect(failure(() => find("./empty"))).toEqual(["ENOEXEC", "./empty"]);
});

test("a program that may be run but not read is not refused", () => {
  const file = place("secret");
  chmodSync(file, 0o111);
  expect(find("./secret")).toBe(file);
});

test("names the interpreter that a script asks for", () => {
  expect(missingInterpreter(place("script", "#! /opt/none/python3 -u\n"))).toBe("/opt/none/python3");
  expect(missingInterpreter(join(folder, "gone"))).toBe(null);
});
