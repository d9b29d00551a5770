// `node test/chaos/graph.js [--seeds N] [--seed FIRST] [--node PATH] [--verbose]`
// For each seed a random graph of thirty services with every condition: all of it starts, then svc gets SIGTERM. Each edge's
// order is looked at twice: in the order in which the services themselves have noted what happened to them, and in svc's stamps.
// Prints what is out of order, and exits 1.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cleanUpAtEnd, launch, removeAtEnd } from "../bench/lib/guard.js";
import { readOptions } from "../bench/lib/options.js";
import { connect } from "./client.js";
import { createDice } from "./dice.js";
import { violations } from "./graph/order.js";
import { edgesOf, graphServices } from "./graph/services.js";

const BIN = fileURLToPath(new URL("../../bin/svc.js", import.meta.url));
/** Milliseconds. */
const PATIENCE = 180_000;

const { values: options } = readOptions({
  options: {
    seeds: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    node: { type: "string", default: process.execPath },
    verbose: { type: "boolean", default: false },
  },
});

cleanUpAtEnd();
process.exitCode = await main();

async function main() {
  let found = 0;
  const edges = [];
  for (let seed = Number(options.seed); seed < Number(options.seed) + Number(options.seeds); seed++) {
    const round = await play(seed);
    found += round.found.length;
    edges.push(...round.edges);
    for (const violation of round.found) console.log(`seed ${seed}: ${violation}`);
    if (options.verbose) console.log(`seed ${seed}: ${round.edges.length} edges, up in ${round.upMs} ms, down in ${round.downMs} ms`);
  }
  const conditions = new Set(edges.map(({ condition }) => condition));
  console.log(`${options.seeds} graphs, ${edges.length} edges of ${conditions.size} conditions, ${found} violations`);
  return found === 0 ? 0 : 1;
}

async function play(seed) {
  const folder = mkdtempSync(join(tmpdir(), "svc-graph-"));
  removeAtEnd(folder);
  const [runtime, home, cwd] = ["run", "home", "app"].map((name) => join(folder, name));
  for (const one of [runtime, home, cwd]) mkdirSync(one, { mode: 0o700 });
  const marks = join(folder, "marks");
  const services = graphServices(createDice(seed * 6007), marks);
  writeFileSync(join(cwd, "services.json"), JSON.stringify({ shutdownTimeout: "1m", services }));
  const began = performance.now();
  const svc = launch([options.node, BIN, "start"], { cwd, env: { XDG_RUNTIME_DIR: runtime, HOME: home, NO_COLOR: "1" } });
  const rows = await whenUp(runtime, services, marks, svc);
  const up = performance.now();
  process.kill(svc.pid, "SIGTERM");
  const { code, at } = await svc.ended;
  const edges = edgesOf(services);
  const found = violations(edges, lines(marks), rows);
  if (code !== 0) found.push(`svc ended with ${code}`);
  rmSync(folder, { recursive: true, force: true });
  return { found, edges, upMs: Math.round(up - began), downMs: Math.round(at - up) };
}

function lines(file) {
  return readFileSync(file, "utf8").split("\n").filter(Boolean);
}

/** The rows, once every service has had its start and what follows from it, and has noted so. */
async function whenUp(runtime, services, marks, svc) {
  let client = null;
  let rows = [];
  for (const deadline = performance.now() + PATIENCE; performance.now() < deadline; await pause(20)) {
    client ??= await connect(runtime, svc.pid, () => {});
    rows = (await client?.ask("list"))?.result?.services ?? [];
    const settled = rows.filter(({ name, state }) =>
      (endsByItself(services[name]) ? ["completed", "failed"] : ["running"]).includes(state),
    );
    if (settled.length < Object.keys(services).length || !rows.every(({ healthy }) => healthy !== false)) continue;
    // One that has no readiness check is running before it has noted anything.
    if (lines(marks).filter((line) => / (ready|end) /.test(line)).length < doings(services)) continue;
    client.close();
    return rows;
  }
  throw new Error(`not up in time: ${JSON.stringify(rows.map(({ name, state }) => [name, state]))}; svc said: ${svc.tail()}`);
}

/** Each notes that it is ready, and those that end by themselves that they end. */
function doings(services) {
  const all = Object.values(services);
  return all.length + all.filter(endsByItself).length;
}

function endsByItself({ restart }) {
  return restart === "never";
}
