import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../../dist/effects/config/config.js";

const DIST = fileURLToPath(new URL("../../../dist", import.meta.url));

let folder: string;
let cache: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "svc-config-")));
  cache = join(folder, ".cache");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function load(file: string, { env = {}, ...options }: { env?: Record<string, string>; timeoutMs?: number; signal?: AbortSignal } = {}) {
  return loadConfig(file, { env: { ...process.env, XDG_CACHE_HOME: cache, ...env }, timeoutMs: 120_000, ...options });
}

async function commandOf(file: string, env: Record<string, string> = {}): Promise<unknown> {
  const { work } = (await load(file, { env })).services[0]!;
  return work.kind === "command" ? work.command.text : work;
}

const WEB = `{ services: { web: { command: "node web.js" } } }`;

describe("every form of a config", () => {
  const forms: readonly (readonly [string, string])[] = [
    ["services.ts", `const config: unknown = ${WEB};\nexport default config;`],
    ["services.mts", `export default ${WEB} satisfies object;`],
    ["services.cts", `const config: object = ${WEB};\nmodule.exports = config;`],
    ["services.js", `module.exports = ${WEB};`],
    ["services.js", `export default ${WEB};`],
    ["services.mjs", `export default ${WEB};`],
    ["services.cjs", `module.exports = ${WEB};`],
    ["services.cjs", `exports.default = ${WEB};`],
    ["services.cjs", `exports.__esModule = true; exports.other = 1; exports.default = ${WEB};`],
    ["services.json", `\uFEFF{ "services": { "web": { "command": "node web.js" } } }`],
    ["Procfile", "web: node web.js\n"],
    ["services.mjs", `export default Promise.resolve(${WEB});`],
    ["services.mjs", `export default () => (${WEB});`],
    ["services.ts", `export default async (): Promise<object> => (${WEB});`],
    ["services.mjs", `const config = await Promise.resolve(${WEB});\nexport default config;`],
  ];

  test.each(forms)("%s: %s", async (name, text) => {
    expect(await commandOf(put(name, text))).toBe("node web.js");
  });

  test.each(["commonjs", "module"])("a TypeScript config in a package of type %s", async (type) => {
    put("package.json", JSON.stringify({ type }));
    put("part.ts", `export const command: string = "node web.js";`);
    const file = put("services.ts", `import { command } from "./part.ts";\nexport default { services: { web: { command } } };`);
    expect(await commandOf(file)).toBe("node web.js");
  });
});

describe("TypeScript that Node cannot strip", () => {
  test.each([
    ["an enum", `enum Port { Web = 3000 }\nexport default { services: { web: { command: \`node web.js \${Port.Web}\` } } };`],
    [
      "a namespace",
      `namespace Port { export const web = 3000 }\nexport default { services: { web: { command: \`node web.js \${Port.web}\` } } };`,
    ],
    ["an import of a type", `import { Shape, port } from "./part.ts";\nconst shape: Shape = { port };\n${exported("shape.port")}`],
    ["an import as .js", `import { port } from "./part.js";\n${exported("port")}`],
    ["an import without an ending", `import { port } from "./part";\n${exported("port")}`],
    ["a path of tsconfig.json", `import { port } from "@/part";\n${exported("port")}`],
  ])("%s", async (_, text) => {
    put("part.ts", "export interface Shape { port: number }\nexport const port: number = 3000;");
    put("tsconfig.json", JSON.stringify({ compilerOptions: { paths: { "@/*": ["./*"] } } }));
    expect(await commandOf(put("services.ts", text))).toBe("node web.js 3000");
  });

  test("a failure of the config's own code is not tried a second time", async () => {
    const text = `import { appendFileSync } from "node:fs";\nappendFileSync(${JSON.stringify(join(folder, "runs"))}, "x");\nnull.x;`;
    await expect(load(put("services.ts", text))).rejects.toMatchObject({ exitCode: 2 });
    expect(readFileSync(join(folder, "runs"), "utf8")).toBe("x");
  });
});

describe("the running svc as svc-supervisor", () => {
  const esm = `import { defineConfig } from "svc-supervisor";\nexport default defineConfig(${WEB});`;
  const cjs = `const { defineConfig } = require("svc-supervisor");\nmodule.exports = defineConfig(${WEB});`;

  test.each([
    ["services.ts", esm],
    ["services.mts", esm],
    ["services.mjs", esm],
    ["services.js", esm],
    ["services.cjs", cjs],
    ["services.js", cjs],
    ["services.cts", cjs],
  ])("%s: %s", async (name, text) => {
    expect(await commandOf(put(name, text))).toBe("node web.js");
  });

  test("an imported file may import it too", async () => {
    put("part.mjs", esm);
    expect(await commandOf(put("services.mjs", `export { default } from "./part.mjs";`))).toBe("node web.js");
  });

  test("a copy of the project's own wins", async () => {
    put("node_modules/svc-supervisor/package.json", JSON.stringify({ type: "module", exports: "./index.js" }));
    put("node_modules/svc-supervisor/index.js", `export const defineConfig = () => ({ services: { web: { command: "own" } } });`);
    expect(await commandOf(put("services.mjs", esm))).toBe("own");
    expect(await commandOf(put("services.ts", esm))).toBe("own");
  });
});

describe("the environment while a config is evaluated", () => {
  const file = () => put("services.mjs", `export default { services: { web: { command: ["node", process.env.A, process.env.B] } } };`);

  test(".env beside the config is loaded, under the real environment", async () => {
    put(".env", "A=file\nB=file");
    expect(await commandOf(file(), { B: "real" })).toBe("node file real");
  });

  test("an .env that cannot be read is said", async () => {
    mkdirSync(join(folder, ".env"));
    await expect(load(file())).rejects.toThrow(`cannot read ${join(folder, ".env")}: EISDIR`);
  });

  test("the config runs in its own folder", async () => {
    const text = "export default { services: { web: { command: ['node', process.cwd()] } } };";
    expect(await commandOf(put("services.mjs", text))).toBe(`node ${folder}`);
  });

  test("what the config prints goes to stderr, and disturbs nothing", () => {
    const config = put("services.mjs", `console.log("to stdout"); console.error("to stderr"); export default ${WEB};`);
    const { stdout, stderr } = loadInChild(config);
    expect(JSON.parse(stdout)).toContain("services");
    expect(stderr).toBe("to stdout\nto stderr\n");
  });

  test.each(["commonjs", "module", undefined])("Node's own remarks on TypeScript in a package of type %s are kept back", (type) => {
    put("package.json", JSON.stringify({ type }));
    const config = put("services.ts", `import { defineConfig } from "svc-supervisor";\nexport default defineConfig(${WEB}) as unknown;`);
    expect(loadInChild(config)).toMatchObject({ stdout: expect.stringContaining("services"), stderr: "" });
  });
});

/** As svc itself would: its stdout is for its answers. */
function loadInChild(config: string): { readonly stdout: string; readonly stderr: string } {
  const script = `const { loadConfig } = await import(${JSON.stringify(`${DIST}/effects/config/config.js`)});
    console.log(JSON.stringify(Object.keys(await loadConfig(${JSON.stringify(config)}, { env: process.env }))));`;
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", env });
}

describe("caches", () => {
  const config = () => put("services.ts", `const config: object = ${WEB};\nexport default config;`);

  test("lie in a private folder of XDG_CACHE_HOME", async () => {
    await load(config());
    expect(statSync(join(cache, "svc")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(cache, "svc"), { recursive: true }).length).toBeGreaterThan(1);
    expect(readdirSync(folder).sort()).toEqual([".cache", "services.ts"]);
  });

  test("are not used where the folder is open to others", async () => {
    mkdirSync(join(cache, "svc"), { recursive: true });
    chmodSync(join(cache, "svc"), 0o755);
    await load(config(), { env: { HOME: "" } });
    expect(readdirSync(join(cache, "svc"))).toEqual([]);
  });

  test("never serve an old config", async () => {
    await load(config());
    put("services.ts", `const config: object = ${WEB.replace("web.js", "new.js")};\nexport default config;`);
    expect(await commandOf(join(folder, "services.ts"))).toBe("node new.js");
  });
});

test("a thousand services come back whole", async () => {
  const text = `export default { services: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => ["s" + i, { command: "node a" }])) };`;
  expect((await load(put("services.mjs", text))).services).toHaveLength(1000);
});

function exported(port: string): string {
  return `export default { services: { web: { command: \`node web.js \${${port}}\` } } };`;
}
