import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EnvFile, FleetSpec, ServiceSpec } from "../../../src/core/spec.ts";
import { readEnvFile, serviceEnvironment } from "../../../src/effects/config/env-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "svc-env-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Wanted {
  readonly root?: readonly string[];
  readonly files?: readonly string[];
  readonly base?: Readonly<Record<string, string | undefined>>;
  readonly env?: ServiceSpec["env"];
  readonly portBase?: number;
  readonly instance?: number;
  readonly extra?: Readonly<Record<string, string>>;
}

const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
const named = (name: string): EnvFile => ({ path: join(folder, name), optional: false });

function environment({ root = [], files = [], base = {}, env = [], portBase, instance = 1, extra = {} }: Wanted) {
  const spec = { name: "web", cwd: folder, env, envFiles: files.map(named), portBase: portBase ?? null } as unknown as ServiceSpec;
  const fleet = { envFiles: root.map(named) } as unknown as FleetSpec;
  return serviceEnvironment({ spec, fleet, base, instance, restarts: 2, extra });
}

test("each source is stronger than the one before it", async () => {
  put("root", "A=root\nB=root\nC=root\nD=root\nE=root");
  put("web", "B=web\nC=web\nD=web");
  const base = { C: "real", D: "real", UNSET: undefined };
  const made = await environment({ root: ["root"], files: ["web"], base, env: [["D", "config"]], extra: { E: "svc" } });
  expect(made).toMatchObject({ A: "root", B: "web", C: "real", D: "config", E: "svc" });
  expect("UNSET" in made).toBe(false);
});

test("of several files a later one wins", async () => {
  put("a", "X=a\nY=a");
  put("b", "Y=b");
  expect(await environment({ files: ["a", "b"] })).toMatchObject({ X: "a", Y: "b" });
});

test("null unsets, wherever the variable came from", async () => {
  put("root", "A=root");
  const made = await environment({
    root: ["root"],
    base: { B: "real", PATH: "/bin" },
    env: [
      ["A", null],
      ["B", null],
      ["PATH", null],
    ],
  });
  expect(Object.keys(made).sort()).toEqual(["SVC_INSTANCE", "SVC_RESTARTS", "SVC_SERVICE"]);
});

test("svc adds who the service is", async () => {
  const made = await environment({ instance: 3, base: { SVC_SERVICE: "outer" } });
  expect(made).toMatchObject({ SVC_SERVICE: "web", SVC_INSTANCE: "3", SVC_RESTARTS: "2" });
});

test("PORT counts up from portBase, above the real environment and below the config's env", async () => {
  expect(await environment({ portBase: 3000, base: { PORT: "1" } })).toMatchObject({ PORT: "3000" });
  expect(await environment({ portBase: 3000, instance: 2 })).toMatchObject({ PORT: "3001" });
  expect(await environment({ portBase: 3000, env: [["PORT", "8080"]] })).toMatchObject({ PORT: "8080" });
  expect("PORT" in (await environment({}))).toBe(false);
});

test("PATH is the inherited one, then each node_modules/.bin from cwd upward", async () => {
  const { PATH } = await environment({ base: { PATH: "/usr/bin:/bin" } });
  const parts = PATH!.split(":");
  expect(parts.slice(0, 3)).toEqual(["/usr/bin", "/bin", join(folder, "node_modules/.bin")]);
  expect(parts).toContain(join(dirname(folder), "node_modules/.bin"));
  expect(parts.at(-1)).toBe("/node_modules/.bin");
});

test("without an inherited PATH programs are still found", async () => {
  expect((await environment({})).PATH).toMatch(/^\/usr\/local\/sbin:.*:\/bin:/);
});

test("a PATH of the config stands as it is written", async () => {
  expect(await environment({ base: { PATH: "/bin" }, env: [["PATH", "/opt/bin"]] })).toMatchObject({ PATH: "/opt/bin" });
});

test("files are read anew at each call", async () => {
  put("web", "A=1");
  expect(await environment({ files: ["web"] })).toMatchObject({ A: "1" });
  put("web", "A=2");
  expect(await environment({ files: ["web"] })).toMatchObject({ A: "2" });
});

test("nothing is expanded in a file", async () => {
  put("web", `A=1\nB=\${A}\nC='$A'\nD="x # y"\nexport E=z`);
  expect(await environment({ files: ["web"] })).toMatchObject({ A: "1", B: `\${A}`, C: "$A", D: "x # y", E: "z" });
});

test("a named file that is missing fails the start, and says which", async () => {
  await expect(environment({ files: ["missing"] })).rejects.toMatchObject({
    name: "SpawnError",
    code: "ENOENT",
    subject: join(folder, "missing"),
  });
  mkdirSync(join(folder, "dir"));
  await expect(environment({ root: ["dir"] })).rejects.toMatchObject({ code: "EISDIR" });
});

test("a default file that is missing is no failure", async () => {
  expect(await readEnvFile({ path: join(folder, ".env"), optional: true })).toEqual([]);
});

test("variables may be called like properties that every object has", async () => {
  const made = await environment({ base: JSON.parse('{"__proto__":"a","constructor":"b"}'), env: [["toString", "c"]] });
  expect(Object.entries(made)).toEqual(
    expect.arrayContaining([
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "c"],
    ]),
  );
});
