import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = new URL(".", import.meta.url).pathname;
const SCRIPTS = ["bench", "chaos", "soak"].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith(".js") && /^\/\/ .*`(npm run|node test)/m.test(readFileSync(join(ROOT, path), "utf8"))),
);

function run(script: string, option: string) {
  return spawnSync(process.execPath, [join(ROOT, script), option], { encoding: "utf8" });
}

test("there are scripts to be run by hand", () => {
  expect(SCRIPTS).toContain("bench/run.js");
  expect(SCRIPTS.length).toBeGreaterThan(10);
});

test.each(SCRIPTS)("%s says with --help how it is used, and refuses an unknown option in a sentence", (script) => {
  const help = run(script, "--help");
  expect([help.status, help.stderr]).toEqual([0, ""]);
  expect(help.stdout).toContain(script.endsWith("/run.js") ? `npm run ${script.split("/")[0]}` : `node test/${script}`);
  const mistake = run(script, "--unknown");
  expect([mistake.status, mistake.stdout]).toEqual([2, ""]);
  expect(mistake.stderr).toMatch(/^Unknown option '--unknown'/);
  expect(mistake.stderr).not.toMatch(/^ +at /m);
});
