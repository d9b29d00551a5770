import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS, GLOBAL_OPTIONS } from "../src/cli/commands.ts";
import { WAIT_TARGETS } from "../src/core/wait-target.ts";
import { diagram } from "./core/machine/diagram.ts";

const path = new URL("../README.md", import.meta.url);
const readme = readFileSync(path, "utf8");
const START = "<!-- state diagram: printed by test/readme.test.ts from the state × event table -->\n";
const END = "\n<!-- end of state diagram -->";

describe("the README", () => {
  it("shows the state diagram of the table", () => {
    const from = readme.indexOf(START) + START.length;
    const to = readme.indexOf(END);
    expect(readme.indexOf(START)).toBeGreaterThan(0);
    if (process.env.UPDATE_README) writeFileSync(path, readme.slice(0, from) + diagram() + readme.slice(to));
    else expect(readme.slice(from, to)).toBe(diagram());
  });

  it.each(COMMANDS.map((command) => [command.name, command] as const))("tells of `svc %s` and its options", (name, command) => {
    expect(readme).toContain(`\`svc ${name}`);
    for (const option of command.options.filter(({ hidden }) => !hidden))
      expect(readme, `--${option.name} of svc ${name}`).toContain(`--${option.name}`);
  });

  it("tells of the options for all commands", () => {
    for (const option of GLOBAL_OPTIONS) expect(readme).toContain(`--${option.name}`);
  });

  it("names no command that does not exist", () => {
    const known = new Set([...COMMANDS.map((command) => command.name), "help"]);
    const named = [...readme.matchAll(/`svc ([a-z]+)/g)].map((match) => match[1]!);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it("names the states that can be waited for", () => {
    for (const state of WAIT_TARGETS.filter((one) => one !== "scheduled")) expect(readme).toContain(`\`${state}\``);
  });
});
