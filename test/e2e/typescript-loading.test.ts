import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, test } from "vitest";
import { usePlaces } from "../helpers/fleet.ts";

/**
 * What a TypeScript service may be written in; none needs a build step or a flag. On the Node that runs the tests and on those of
 * SVC_TEST_NODES: `SVC_TEST_NODES=/opt/node22/bin/node:/opt/node24/bin/node npx vitest run --config test/vitest.config.ts loading`.
 */
const NODES = [process.execPath, ...(process.env.SVC_TEST_NODES ?? "").split(":").filter(Boolean)].map(
  (path) => [spawnSync(path, ["--version"], { encoding: "utf8" }).stdout.trim(), path] as const,
);

const { place } = usePlaces();

const HELPER = `export interface Shape { readonly n: number }\nexport const n: number = 1;\n`;

const FORMS: readonly (readonly [name: string, file: string, source: string])[] = [
  ["types", "types.ts", `export default class { n: number = 1; async run(): Promise<void> { console.log("works") } }`],
  ["enum", "enum.ts", `enum Level { Low = 1 }\nexport default () => console.log(Level.Low === 1 && "works");`],
  ["namespace", "namespace.ts", `namespace Inner { export const n = 1 }\nexport default () => console.log(Inner.n === 1 && "works");`],
  [
    "parameter_properties",
    "parameters.ts",
    `export default class { constructor(private readonly options: { n: number }) {} run() { console.log(this.options.n === 1 && "works") } }`,
  ],
  ["js_means_ts", "js.ts", `import { n } from "./lib/helper.js";\nexport default () => console.log(n === 1 && "works");`],
  ["ts_ending", "ending.ts", `import { n } from "./lib/helper.ts";\nexport default () => console.log(n === 1 && "works");`],
  ["no_ending", "bare.ts", `import { n } from "./lib/helper";\nexport default () => console.log(n === 1 && "works");`],
  [
    "type_import",
    "type.ts",
    `import { n, Shape } from "./lib/helper.ts";\nconst s: Shape = { n };\nexport default () => console.log(s.n === 1 && "works");`,
  ],
  ["tsconfig_paths", "paths.ts", `import { n } from "@lib/helper";\nexport default () => console.log(n === 1 && "works");`],
  ["top_level_await", "await.ts", `const n: number = await Promise.resolve(1);\nexport default () => console.log(n === 1 && "works");`],
  ["mts", "service.mts", `export default (): void => console.log("works");`],
  [
    "cts",
    "service.cts",
    `const path: { basename(p: string): string } = require("node:path");\nmodule.exports = () => console.log(path.basename("/works"));`,
  ],
  [
    "commonjs_package",
    "cjs/service.ts",
    `import { basename } from "node:path";\nexport default (): void => console.log(basename("/works"));`,
  ],
  ["javascript", "plain.js", `export default () => console.log("works");`],
  [
    "own_package",
    "own.ts",
    `import type { ServiceContext } from "svc-supervisor";\nimport { defineConfig } from "svc-supervisor";\nexport default (ctx: ServiceContext) => ctx.log(typeof defineConfig === "function" ? "works" : "");`,
  ],
];

const table: string[][] = [];
afterAll(() => {
  const rows = ["", ...FORMS.map(([name]) => name)].map((name, row) => [
    name.padEnd(22),
    ...table.map((column) => column[row]?.padEnd(10)),
  ]);
  console.log(rows.map((row) => row.join("").trimEnd()).join("\n"));
});

describe.each(NODES)("T31 on node %s a module loads", (version, node) => {
  test("whatever TypeScript it is written in", async () => {
    const at = place();
    at.write("package.json", { type: "module" });
    at.write("tsconfig.json", { compilerOptions: { baseUrl: ".", paths: { "@lib/*": ["./lib/*"] } } });
    at.write("cjs/package.json", { type: "commonjs" });
    at.write("lib/helper.ts", HELPER);
    for (const [, file, source] of FORMS) at.write(file, source);
    const services = Object.fromEntries(FORMS.map(([name, file]) => [name, { module: `./${file}`, options: { n: 1 }, restart: "never" }]));
    at.write("services.json", { services });
    const { code, stdout, stderr } = await at.spawn(["start"], { node }).ended;
    const works = FORMS.map(([name]) => [name, new RegExp(`^${name} +\\| works$`, "m").test(stdout)] as const);
    table.push([version, ...works.map(([, does]) => (does ? "loads" : "FAILS"))]);
    expect(works, stderr).toEqual(FORMS.map(([name]) => [name, true]));
    expect(stderr).not.toContain("Warning");
    expect(code).toBe(0);
  });

  test("and an inline service of a TypeScript config comes with all that stands around it", async () => {
    const at = place();
    at.write(
      "services.ts",
      `import { defineConfig, type ServiceContext } from "svc-supervisor";
      enum Mood { Good = "works" }
      class Greeter {
        readonly options: { name: string };
        constructor(options: { name: string }) { this.options = options; }
        run(ctx: ServiceContext) { ctx.log(Mood.Good, { for: this.options.name }); }
      }
      export default defineConfig(async () => ({ services: {
        class_: { service: Greeter, options: { name: "a" } },
        factory: { service: () => new Greeter({ name: "b" }) },
        arrow: { service: async (ctx) => { ctx.log("works", { for: ctx.name }); } },
        object: { service: { async run(ctx: ServiceContext) { ctx.log("works", { for: ctx.name }); } } },
      } }));`,
    );
    const { code, stdout, stderr } = await at.spawn(["start"], { node }).ended;
    expect(code, stderr).toBe(0);
    expect(stdout.split("\n").filter(Boolean).sort()).toEqual([
      "arrow   | works for=arrow",
      "class_  | works for=a",
      "factory | works for=b",
      "object  | works for=object",
    ]);
  });
});
