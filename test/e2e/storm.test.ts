import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { guardProcesses } from "../helpers/guard.ts";
import { collect } from "../helpers/output.ts";

const STORM = new URL("../chaos/storm.js", import.meta.url).pathname;
const guard = guardProcesses();

test("fifty commands at once, three times: no two processes of an instance, only transitions of the table, the last command wins", async () => {
  const storm = spawn(process.execPath, [STORM, "--seeds", "3", "--batch", "3"], { env: guard.env });
  const [stdout, stderr] = [collect(storm.stdout), collect(storm.stderr)];
  const code = await new Promise((resolve) => storm.once("close", resolve));
  expect({ code, stdout: stdout.text(), stderr: stderr.text() }).toEqual({ code: 0, stdout: "seeds 1 to 3: 0 violations\n", stderr: "" });
}, 600_000);
