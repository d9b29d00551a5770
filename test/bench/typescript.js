#!/usr/bin/env node
// By hand: `node test/bench/typescript.js [start] [memory] [--node PATH]`, on a machine that is quiet.
//   start   how long the child of a TypeScript service takes to its first line, beside the same service as plain .mjs, in turn,
//           with a warm cache: at most 1.8 times as long on Node 20, and 1.1 times from Node 24 on, whose compile cache holds
//           stripped TypeScript too (that of Node 22 does not)
//   memory  what each of a hundred TypeScript services adds to svc's own resident memory: at most 100 KB
// Exits 1 where a target is missed.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOptions } from "./lib/options.js";
import { memoryMB } from "./lib/proc.js";
import { median, sleep, within } from "./lib/stats.js";

const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const HOST = new URL("../../dist/host/serve.cjs", import.meta.url).pathname;
const FLAGS = ["--disable-warning=ExperimentalWarning", "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"];

const BEAT = `
class Beat {
  async run(ctx) {
    for (let n = 0; n < ctx.options.lines; n++) ctx.log("beat", { n });
    await ctx.sleep("1h");
  }
}
export default Beat;
`;
const TYPED = BEAT.replace("run(ctx)", "run(ctx: ServiceContext<{ readonly lines: number }>): Promise<void>");

const { values, positionals } = readOptions({
  allowPositionals: true,
  options: { node: { type: "string", default: process.execPath }, rounds: { type: "string" } },
});
const node = realpathSync(values.node);
const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
const folder = mkdtempSync(join(tmpdir(), "svc-bench-typescript-"));
const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder, XDG_STATE_HOME: folder, XDG_CACHE_HOME: join(folder, "cache") };
mkdirSync(env.XDG_CACHE_HOME, { mode: 0o700 });
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
writeFileSync(join(folder, "beat.mjs"), BEAT);
writeFileSync(join(folder, "beat.ts"), `import type { ServiceContext } from "svc-supervisor";\n${TYPED}`);

const benches = { start, memory };
try {
  console.log(`node ${version}`);
  for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) if (!(await benches[name]())) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The host alone, as svc starts it: what comes before is the same for both. */
async function start() {
  const rounds = Number(values.rounds ?? 31);
  const took = { mjs: [], ts: [] };
  for (const file of ["mjs", "ts", "ts"]) await firstLine(file);
  for (let round = 0; round < rounds; round++) {
    for (const file of round % 2 === 0 ? ["mjs", "ts"] : ["ts", "mjs"]) took[file].push(await firstLine(file));
  }
  const pairs = took.ts.map((one, index) => one.ms / took.mjs[index].ms);
  const [mjs, ts] = [took.mjs, took.ts].map((list) => ({ ms: median(list.map(({ ms }) => ms)), cpu: median(list.map(({ cpu }) => cpu)) }));
  const limit = { v20: 1.8, v22: Number.POSITIVE_INFINITY }[version.split(".")[0]] ?? 1.1;
  const ratio = median(pairs);
  console.log(
    `start   .mjs ${mjs.ms.toFixed(1)} ms, ${mjs.cpu.toFixed(1)} ms of processor time; .ts ${ts.ms.toFixed(1)} ms, ${ts.cpu.toFixed(1)} ms`,
  );
  console.log(
    `start   .ts / .mjs: ${ratio.toFixed(3)} (median of ${rounds} pairs; at most ${limit}), of processor time ${(ts.cpu / mjs.cpu).toFixed(3)}`,
  );
  return ratio <= limit;
}

async function firstLine(kind) {
  const file = join(folder, `beat.${kind}`);
  const before = performance.now();
  const child = spawn(node, [...FLAGS, HOST, "beat"], { cwd: folder, env, detached: true, stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const work = { kind: "module", file, label: file };
  const rules = { stopSignal: "SIGTERM", stopTimeoutMs: 5000, schedule: null, overlap: "skip", runTimeoutMs: null, runNow: false };
  child.send({ svc: "serve", request: { name: "beat", instance: 1, work, options: { lines: 1 }, ...rules } });
  await within(30_000, "the first line", new Promise((resolve) => child.stdout.once("data", resolve)));
  const ms = performance.now() - before;
  const cpu = processorMs(child.pid);
  child.kill("SIGTERM");
  await ended;
  return { ms, cpu };
}

async function memory() {
  const [few, many] = [1, 101];
  const rounds = Number(values.rounds ?? 3);
  const grown = [];
  for (let round = 0; round < rounds; round++) grown.push(((await weigh(many)) - (await weigh(few))) / (many - few));
  const each = median(grown) * 1000;
  console.log(
    `memory  ${each.toFixed(0)} KB for each of ${many - few} services (at most 100); rounds: ${grown.map((mb) => (mb * 1000).toFixed(0)).join(", ")}`,
  );
  return each <= 100;
}

/** MB of svc itself, once all services have written their ten lines and nothing is left to do. */
async function weigh(count) {
  const services = Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`beat-${n}`, { module: "./beat.ts", options: { lines: 10 } }]),
  );
  writeFileSync(join(folder, "services.json"), JSON.stringify({ services }));
  const svc = spawn(node, [BIN, "start"], { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => svc.once("exit", resolve));
  let lines = 0;
  const all = new Promise((resolve) => {
    svc.stdout.on("data", (chunk) => {
      lines += chunk.toString().split("\n").length - 1;
      if (lines === count * 10) resolve();
    });
  });
  await within(120_000, `the lines of ${count} services`, all, () => `${lines} have come`);
  await sleep(10_000);
  const { resident } = memoryMB(svc.pid);
  svc.kill("SIGTERM");
  const code = await within(60_000, "the end of svc", ended);
  if (code !== 0) throw new Error(`svc ended with ${code}`);
  return resident;
}

/** From the scheduler's own account, in nanoseconds: the clock ticks of /proc/PID/stat are 10 ms. */
function processorMs(pid) {
  const { stdout } = spawnSync("sh", ["-c", `cat /proc/${pid}/task/*/schedstat`], { encoding: "utf8" });
  return stdout
    .trim()
    .split("\n")
    .reduce((sum, line) => sum + Number(line.split(" ")[0]) / 1e6, 0);
}
