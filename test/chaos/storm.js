// `node test/chaos/storm.js [--seeds N] [--seed FIRST] [--batch N] [--node PATH] [--verbose]`
// For each seed fifty random start, stop, restart and scale commands at once, over the socket, to one real supervisor a batch.
// Never two processes of one instance (each takes a lock); every transition is one of the state table; every command is done or
// names the one that took over; and in the end all is as the last command to it wants it. Prints what was violated, and exits 1.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cleanUpAtEnd, endAll, launch, removeAtEnd, startedHere } from "../bench/lib/guard.js";
import { readOptions } from "../bench/lib/options.js";
import { connect } from "./client.js";
import { createDice } from "./dice.js";
import { createRules } from "./rules.js";
import { createModel } from "./storm/model.js";
import { playSeed } from "./storm/seed.js";
import { stormServices } from "./storm/services.js";

const BIN = fileURLToPath(new URL("../../bin/svc.js", import.meta.url));
/** Milliseconds. */
const PATIENCE = 180_000;

const { values: options } = readOptions({
  options: {
    seeds: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    batch: { type: "string", default: "10" },
    node: { type: "string", default: process.execPath },
    verbose: { type: "boolean", default: false },
  },
});

cleanUpAtEnd();
process.exitCode = await main();

async function main() {
  const seeds = Array.from({ length: Number(options.seeds) }, (_, index) => Number(options.seed) + index);
  let violated = 0;
  for (let from = 0; from < seeds.length; from += Number(options.batch))
    violated += await play(seeds.slice(from, from + Number(options.batch)));
  console.log(`seeds ${seeds[0]} to ${seeds.at(-1)}: ${violated} violations`);
  return violated === 0 ? 0 : 1;
}

/** One supervisor; its services are thrown with the first of the seeds. */
async function play(seeds) {
  const stage = createStage(createDice(seeds[0]));
  let violated = 0;
  const tell = (seed, violation) => {
    violated += 1;
    console.log(`seed ${seed} (of the batch from ${seeds[0]}): ${violation}`);
  };
  let current = seeds[0];
  const complain = (violation) => tell(current, violation);
  const svc = launch([options.node, BIN, "start"], { cwd: stage.cwd, env: stage.env });
  const rules = createRules(complain);
  const clients = [await client(stage, svc, rules.event), await client(stage, svc, () => {})];
  const model = createModel(stage.services);
  const note = options.verbose ? (words) => console.log(`    ${words}`) : () => {};
  for (const seed of seeds) {
    current = seed;
    const before = violated;
    const began = performance.now();
    await playSeed(createDice(seed * 7919), { stage, model, clients, complain, note });
    rules.rows((await clients[0].ask("list")).result.services);
    if (options.verbose) console.log(`seed ${seed}: ${violated - before} violations, ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
  await listen(clients[0], complain);
  await end(stage, svc, clients, complain);
  if (violated > 0) console.log(`the services were ${JSON.stringify(stage.services)}\nthe end of what svc said:\n${svc.tail()}`);
  return violated;
}

function createStage(dice) {
  const folder = mkdtempSync(join(tmpdir(), "svc-storm-"));
  removeAtEnd(folder);
  const [runtime, home, cwd, locks] = ["run", "home", "app", "locks"].map((name) => join(folder, name));
  for (const one of [runtime, home, cwd, locks]) mkdirSync(one, { mode: 0o700 });
  const { families, services } = stormServices(dice, locks);
  writeFileSync(join(cwd, "services.json"), JSON.stringify({ shutdownTimeout: "3s", services }));
  const entry = `SVC_STORM=${folder}`;
  const env = { SVC_STORM: folder, XDG_RUNTIME_DIR: runtime, HOME: home, NO_COLOR: "1" };
  return { folder, runtime, cwd, locks, families, services, entry, env };
}

/** Nothing here is where SIGKILL could not end it. */
async function listen(client, complain) {
  const { result } = await client.ask("logs", { names: [] });
  for (const { line } of result.records) if (/has not ended on SIGKILL|cannot end/.test(line)) complain(`svc said: ${line}`);
}

async function client(stage, svc, onEvent) {
  for (const deadline = performance.now() + PATIENCE; performance.now() < deadline; await pause(10)) {
    const found = await connect(stage.runtime, svc.pid, onEvent);
    if (found !== null) return found;
  }
  throw new Error(`svc does not answer; it said: ${svc.tail()}`);
}

async function end(stage, svc, clients, complain) {
  process.kill(svc.pid, "SIGTERM");
  const ended = await Promise.race([svc.ended, pause(PATIENCE, null, { ref: false })]);
  for (const one of clients) one.close();
  if (ended?.code !== 0) complain(`svc ended with ${ended === null ? "nothing" : (ended.code ?? ended.signal)} after SIGTERM`);
  const left = startedHere(stage.entry);
  if (left.length > 0) complain(`left behind: ${left.join(", ")}`);
  endAll(stage.entry);
  rmSync(stage.folder, { recursive: true, force: true, maxRetries: 20 });
}
