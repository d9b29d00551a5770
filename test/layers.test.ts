import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

/** What each layer may import; `index.ts` stands above all of them. */
const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ["core", ["core"]],
  ["effects", ["core", "effects"]],
  ["host", ["core", "effects", "host"]],
  ["supervisor", ["core", "effects", "supervisor"]],
  ["cli", ["core", "effects", "supervisor", "cli"]],
]);
const PURE_PACKAGES = ["valibot", "croner"];

interface Import {
  readonly from: string;
  readonly what: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const sources = new Map(files.map((file) => [file, readFileSync(join(SRC, file), "utf8")]));
const imports: readonly Import[] = [...sources].flatMap(([from, text]) =>
  [...text.matchAll(/(?:^|\n)(?:import|export)[^;]*?from "([^"]+)"|import\("([^"]+)"\)|(?:^|\n)import "([^"]+)"/g)].map((match) => ({
    from,
    what: (match[1] ?? match[2] ?? match[3])!,
  })),
);

const layerOf = (file: string): string => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "index");
/** Its folder within the layer; a file beside the folders is a part by itself. */
const partOf = (file: string): string => (dirname(file).includes("/") ? dirname(file) : file);
const target = ({ from, what }: Import): string => relative(SRC, resolve(SRC, dirname(from), what));
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
const filesWith = (pattern: RegExp): string[] => [...sources].filter(([, text]) => pattern.test(code(text))).map(([file]) => file);

describe("the layers", () => {
  it("import only downward", () => {
    const upward = imports
      .filter(({ from, what }) => what.startsWith(".") && MAY_IMPORT.has(layerOf(from)))
      .filter((one) => !MAY_IMPORT.get(layerOf(one.from))!.includes(layerOf(target(one))))
      .map((one) => `${one.from} imports ${target(one)}`);
    expect(upward).toEqual([]);
  });

  // The table of commands and what completes from it need each other: the command line is held by the layers alone.
  it.each(["core", "effects", "host", "supervisor"])("of %s has folders that import one another in one direction only", (layer) => {
    const used = new Map<string, Set<string>>();
    for (const one of imports.filter(({ from, what }) => layerOf(from) === layer && what.startsWith("."))) {
      const [user, part] = [partOf(one.from), partOf(target(one))];
      if (user !== part) used.set(user, (used.get(user) ?? new Set()).add(part));
    }
    const reached = (part: string, seen = new Set<string>()): Set<string> => {
      for (const next of used.get(part) ?? []) if (!seen.has(next)) reached(next, seen.add(next));
      return seen;
    };
    expect([...used.keys()].filter((part) => reached(part).has(part))).toEqual([]);
  });

  it("know every folder", () => {
    expect([...new Set(files.map(layerOf))].filter((layer) => layer !== "index" && !MAY_IMPORT.has(layer))).toEqual([]);
  });

  it("keep the core pure: no module of Node, no package that is not pure, no clock, no dice", () => {
    const impure = imports.filter(({ from, what }) => layerOf(from) === "core" && !what.startsWith(".") && !PURE_PACKAGES.includes(what));
    expect(impure).toEqual([]);
    const effects = filesWith(/\b(Date\.now|Math\.random|setTimeout|setInterval|performance\.now|process\.)/);
    expect(effects.filter((file) => layerOf(file) === "core")).toEqual([]);
  });

  it("import the file that is there, with its ending", () => {
    const missing = imports.filter((one) => one.what.startsWith(".") && !sources.has(target(one)));
    expect(missing).toEqual([]);
  });

  it("end the process in one file of each program, and listen to signals in one", () => {
    expect(filesWith(/\bprocess\.exit\(/)).toEqual(["cli/main.ts", "host/serve.ts"]);
    expect(filesWith(/\bprocess\.(on|once)\("?SIG|process\.on\(signal/)).toEqual([
      "cli/signals.ts",
      "host/serve.ts",
      "supervisor/app/signals.ts",
    ]);
  });
});
