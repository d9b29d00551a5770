// `npm run bench [-- name…] [--node PATH] [--tools svc,concurrently,pm2] [--megabytes N] [--verbose]`
// The names: pump, logs, list, memory, fleet, native, crash, storm; default: all of them.
// Measures svc beside concurrently and pm2, in turn and with the same services, and prints ratios with their raw medians.
// Exits 1 where svc is behind a peer or misses a target. Linux only: it reads /proc.
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanUpAtEnd, endAll } from "./lib/guard.js";
import { readOptions } from "./lib/options.js";
import { PEERS } from "./lib/peers.js";
import { printRow } from "./lib/report.js";
import { writeServices } from "./lib/services.js";
import { createTools } from "./lib/tools.js";
import { crash } from "./rows/crash.js";
import { fleet } from "./rows/fleet.js";
import { list } from "./rows/list.js";
import { logs } from "./rows/logs.js";
import { memory } from "./rows/memory.js";
import { native } from "./rows/native.js";
import { pump } from "./rows/pump.js";
import { storm } from "./rows/storm.js";

const BENCHES = { pump, logs, list, memory, fleet, native, crash, storm };
const BUILT = fileURLToPath(new URL("../../dist/bundle/main.js", import.meta.url));

const { values: options, positionals } = readOptions({
  allowPositionals: true,
  options: {
    node: { type: "string", default: process.execPath },
    tools: { type: "string", default: "svc,concurrently,pm2" },
    megabytes: { type: "string", default: "500" },
    verbose: { type: "boolean", default: false },
  },
});

cleanUpAtEnd();
try {
  await main(positionals.length > 0 ? positionals : Object.keys(BENCHES), options.tools.split(","));
} catch (error) {
  console.error(`cannot bench: ${error.message}`);
  process.exitCode = 2;
}

async function main(names, toolNames) {
  refuseUnknown(names, BENCHES, "bench");
  refuseUnknown(toolNames, { svc: 1, concurrently: 1, pm2: 1 }, "tool");
  if (toolNames.includes("svc") && !existsSync(BUILT)) throw new Error("svc is not built; run `npm run build`");
  const node = nodeAt(options.node);
  const made = createTools({ node: node.path, names: toolNames });
  const context = {
    ...made,
    node,
    megabytes: Number(options.megabytes),
    scripts: writeServices(join(made.folder, "services")),
    say: options.verbose ? console.error : () => {},
  };
  const load = loadavg()[0];
  console.log(`svc beside ${PEERS.join(" and ")}, node ${node.version}, ${availableParallelism()} cores, load ${load.toFixed(2)}`);
  if (load > 0.5) console.log("the machine is not idle: trust the ratios more than the figures");
  for (const name of names) if (!(await bench(name, context))) process.exitCode = 1;
}

/** One that fails is said, and the others go on. */
async function bench(name, context) {
  try {
    const rows = await BENCHES[name](context);
    return rows.map(printRow).every(Boolean);
  } catch (error) {
    console.log(`\n${name}\n  FAILED: ${error.message}`);
    return false;
  } finally {
    endAll();
  }
}

function nodeAt(path) {
  const real = realpathSync(path);
  const version = spawnSync(real, ["--version"], { encoding: "utf8" }).stdout.trim();
  return { path: real, version, major: Number(/^v(\d+)/.exec(version)?.[1]) };
}

function refuseUnknown(given, known, kind) {
  const unknown = given.filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) throw new Error(`there is no ${kind} ${unknown.join(", ")}; there are ${Object.keys(known).join(", ")}`);
}
