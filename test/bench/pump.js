// `node test/bench/pump.js [--node PATH] [--pairs N] [-- COMMAND… {config}]`
// Four children write 64 MB each: the bytes per second of processor time of the log hub (or of a command such as
// `node bin/svc.js start -c {config}`) beside those of a program that copies the same pipes as they are, in interleaved
// pairs; then whether every line arrived whole; then the memory with a reader that stalls. Exits 1 where a target is missed.
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readOptions } from "./lib/options.js";
import { median } from "./lib/stats.js";
import { cost, read, stall } from "./pump/measure.js";

const WRITERS = 4;
const BYTES_EACH = 64 * 1024 * 1024;
const STALL_MS = 4000;
const MAX_STALLED_MB = 70;

const { values: options, positionals } = readOptions({
  allowPositionals: true,
  options: { node: { type: "string", default: process.execPath }, pairs: { type: "string", default: "5" } },
});
const program = (name) => fileURLToPath(new URL(`pump/${name}.js`, import.meta.url));
const candidate = positionals.length > 0 ? positionals : [options.node, program("hub"), "{config}"];
const withConfig = (argv, config) => argv.map((word) => (word === "{config}" ? config : word));

const folder = mkdtempSync(join(tmpdir(), "svc-pump-"));
try {
  const results = [await compare(), await check(), await stalled()];
  process.exitCode = results.every(Boolean) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare() {
  const config = writeConfig("writers.json", writers());
  const rounds = [];
  for (let pair = 0; pair < Number(options.pairs); pair += 1) {
    const bare = await cost([options.node, program("bare"), config], folder);
    const ours = await cost(withConfig(candidate, config), folder);
    rounds.push({ bare, ours, speed: bare.cpu / ours.cpu, memory: ours.peak / bare.peak });
  }
  const of = (pick) => median(rounds.map(pick));
  const rate = (cpu) => ((WRITERS * BYTES_EACH) / 1e6 / cpu).toFixed(0);
  const major = Number(/\d+/.exec(spawnSync(options.node, ["--version"], { encoding: "utf8" }).stdout)[0]);
  const target = major === 20 ? 0.7 : 0.6;
  const [speed, memory] = [of((round) => round.speed), of((round) => round.memory)];
  console.log(`bare copy ${rate(of((r) => r.bare.cpu))} MB per CPU-second, peak ${of((r) => r.bare.peak).toFixed(1)} MB`);
  console.log(`pump      ${rate(of((r) => r.ours.cpu))} MB per CPU-second, peak ${of((r) => r.ours.peak).toFixed(1)} MB`);
  const met = verdict(speed >= target, `${speed.toFixed(2)} of the bare copy's speed (at least ${target})`);
  return verdict(memory <= 1.3, `${memory.toFixed(2)} of its peak memory (at most 1.3)`) && met;
}

async function check() {
  const next = Array.from({ length: WRITERS }, () => 0);
  let wrong = 0;
  await read(withConfig(candidate, join(folder, "writers.json")), folder, (line) => {
    const [, name, writer, sequence] = /^(\w+) +\| (\d):(\d{10}) GET \/orders .* 200$/.exec(line) ?? [];
    const expected = name === `svc${writer}` && Number(sequence) === next[Number(writer)];
    if (expected) next[Number(writer)] += 1;
    else if (name !== "svc") wrong += 1;
  });
  const whole = next.every((count) => count === linesEach());
  return verdict(whole && wrong === 0, `${next.join(" + ")} lines arrived, ${linesEach()} written by each, ${wrong} wrong ones`);
}

async function stalled() {
  const config = writeConfig(
    "yes.json",
    [0, 1, 2].map((at) => [`yes${at}`, ["yes"]]),
  );
  const peak = await stall(withConfig(candidate, config), folder, STALL_MS);
  return verdict(peak < MAX_STALLED_MB, `peak ${peak.toFixed(1)} MB with a stalled reader (under ${MAX_STALLED_MB})`);
}

function verdict(met, text) {
  console.log(`${met ? "met" : "NOT MET"}: ${text}`);
  return met;
}

function writeConfig(name, entries) {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ services: Object.fromEntries(entries.map(([key, command]) => [key, { command }])) }));
  return path;
}

function writers() {
  return Array.from({ length: WRITERS }, (_, at) => [`svc${at}`, ["cat", writeLines(at)]]);
}

function lineOf(writer, sequence) {
  return `${writer}:${String(sequence).padStart(10, "0")} GET /orders user=alice@example.org from=192.0.2.17 in 12.345 ms, 200\n`;
}

function linesEach() {
  return Math.ceil(BYTES_EACH / lineOf(0, 0).length);
}

function writeLines(writer) {
  const path = join(folder, `lines-${writer}`);
  const fd = openSync(path, "w");
  for (let at = 0; at < linesEach(); at += 10_000) {
    const count = Math.min(10_000, linesEach() - at);
    writeSync(fd, Array.from({ length: count }, (_, offset) => lineOf(writer, at + offset)).join(""));
  }
  closeSync(fd);
  return path;
}
