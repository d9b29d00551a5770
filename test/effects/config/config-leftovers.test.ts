import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../../../dist/effects/config/config.js";
import { isGone } from "../../helpers/processes.ts";
import { until } from "../../helpers/until.ts";

const DIST = fileURLToPath(new URL("../../../dist", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "svc-leftovers-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function load(file: string, options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {}) {
  return loadConfig(file, { env: { ...process.env, XDG_CACHE_HOME: join(folder, ".cache") }, timeoutMs: 120_000, ...options });
}

async function allGone(): Promise<void> {
  for (const pid of readFileSync(join(folder, "pids"), "utf8").split(" ").map(Number)) await until(() => isGone(pid));
}

const WEB = `{ services: { web: { command: "node web.js" } } }`;

describe("what a config leaves open", () => {
  test("does not keep it from being used", async () => {
    const text = `setInterval(() => {}, 1000);\nexport default ${WEB};`;
    expect((await load(put("services.mjs", text))).services).toHaveLength(1);
  });

  const starts = (then: string) => `
    import { spawn } from "node:child_process";
    import { writeFileSync } from "node:fs";
    const child = spawn("sleep", ["1000"], { stdio: "ignore" });
    writeFileSync(${JSON.stringify(join(folder, "pids"))}, child.pid + " " + process.pid);
    ${then}`;

  test.each([
    ["after a result", () => `export default ${WEB};`],
    ["after a process.exit", () => "process.exit(0);"],
    ["after a throw", () => "throw new Error();"],
    ["after the time limit", () => "setInterval(() => {}, 1000); export default new Promise(() => {});"],
    ["after a busy loop", () => "for (;;) {}"],
  ])("is ended %s", async (_, then) => {
    const config = put("services.mjs", starts(then()));
    // A slow machine may need more than one's time before the config gets as far.
    for (let timeoutMs = 3000; !existsSync(join(folder, "pids")); timeoutMs *= 2) await load(config, { timeoutMs }).catch(() => {});
    await allGone();
  });

  test("is ended when the caller gives up", async () => {
    const giveUp = new AbortController();
    const loading = load(put("services.mjs", starts("await new Promise(() => setInterval(() => {}, 1000));")), { signal: giveUp.signal });
    await until(() => existsSync(join(folder, "pids")));
    giveUp.abort();
    await expect(loading).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining("was cancelled") });
    await allGone();
    await expect(load(join(folder, "services.mjs"), { signal: giveUp.signal })).rejects.toThrow("was cancelled");
  });

  test("is ended when svc itself is killed", async () => {
    const config = put("services.mjs", starts("await new Promise(() => setInterval(() => {}, 1000));"));
    const script = `const { loadConfig } = await import(${JSON.stringify(`${DIST}/effects/config/config.js`)});
      import { existsSync } from "node:fs";
      setInterval(() => existsSync(${JSON.stringify(join(folder, "pids"))}) && process.kill(process.pid, "SIGKILL"), 10);
      await loadConfig(${JSON.stringify(config)}, { env: process.env });`;
    spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    await allGone();
  });
});
