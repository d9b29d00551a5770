import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { guardProcesses } from "../helpers/guard.ts";
import { collect } from "../helpers/output.ts";

const GRAPH = new URL("../chaos/graph.js", import.meta.url).pathname;
const guard = guardProcesses();

test("thirty services, three random graphs: at a start and at a stop each edge of every condition is in order", async () => {
  const graph = spawn(process.execPath, [GRAPH, "--seeds", "3"], { env: guard.env });
  const [stdout, stderr] = [collect(graph.stdout), collect(graph.stderr)];
  const code = await new Promise((resolve) => graph.once("close", resolve));
  expect({ code, stderr: stderr.text(), stdout: stdout.text() }).toEqual({
    code: 0,
    stderr: "",
    stdout: expect.stringMatching(/^3 graphs, \d+ edges of 5 conditions, 0 violations\n$/),
  });
}, 600_000);
