import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../src/cli/commands.ts";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const dockerfile = read("Dockerfile");
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => match[1]!.split(" "));

describe("the Dockerfile", () => {
  it.each(copied)("copies %s, which exists and which .dockerignore lets through", (name) => {
    expect(existsSync(new URL(`../${name}`, import.meta.url))).toBe(true);
    expect(read(".dockerignore").split("\n")).toContain(`!${name}`);
  });

  it("copies what the build needs, and everything that .dockerignore lets through", () => {
    const passed = read(".dockerignore").match(/(?<=^!).+$/gm);
    expect([...copied].sort()).toEqual([...passed!].sort());
  });

  it("starts svc without a shell, which would swallow its signals, as a user without rights", () => {
    const name = (instruction: string) => JSON.parse(new RegExp(`^${instruction}.*?(\\[.*\\])$`, "m").exec(dockerfile)![1]!)[1];
    const known = COMMANDS.map((command) => command.name);
    expect(known).toEqual(expect.arrayContaining([name("ENTRYPOINT"), name("HEALTHCHECK")]));
    expect(dockerfile).toMatch(/^USER node$/m);
  });
});
