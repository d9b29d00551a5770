import { expect, test } from "vitest";
import { didYouMean, nearest } from "../../src/core/suggest.ts";
import { fc } from "../helpers/fast-check.ts";

const KEYS = ["command", "cwd", "env", "envFile", "health", "instances", "restart", "ready", "web"];

test.each([
  ["comand", "command"],
  ["comamnd", "command"],
  ["Restart", "restart"],
  ["env_file", "envFile"],
  ["environment", "env"],
  ["healthcheck", "health"],
  ["instance", "instances"],
  ["wbe", "web"],
])("%s probably means %s", (word, meant) => {
  expect(nearest(word, KEYS)).toBe(meant);
});

test("half of a short word is no likeness", () => {
  expect(nearest("pwsh", ["bash", "zsh", "fish"])).toBeNull();
});

test.each(["", "x", "zzz", "postgres", "ab"])("%j is near to nothing", (word) => {
  expect(nearest(word, KEYS)).toBeNull();
});

test("of two candidates the nearer one is taken", () => {
  expect(nearest("worker1", ["worker12", "worker1x3", "worker2", "worker1"])).toBe("worker1");
});

test("the end of a sentence is empty where nothing is near", () => {
  expect(didYouMean("wen", ["web"])).toBe('; did you mean "web"?');
  expect(didYouMean("database", ["web"])).toBe("");
});

test("a candidate is always near to itself", () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), (word) => nearest(word, ["", word]) === word));
});
