// `npm run soak [-- --restarts N] [--megabytes N] [--node PATH] [--verbose]`
// One service that writes its share of the lines and crashes, again and again (5,000 times, 10 GB in all), into svc's stdout and
// into rotated, compressed files. Every line must arrive, in order of the lives; svc's memory after the last restart may be 5 MB
// above that after a fifth of them (medians over a twentieth, as a collector's waves are no growth), and its descriptors as many.
// Prints the figures; exits 1 where something is amiss. Linux only.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readOptions } from "../bench/lib/options.js";
import { median } from "../bench/lib/stats.js";

const BIN = fileURLToPath(new URL("../../bin/svc.js", import.meta.url));
const MAX_GROWTH_MB = 5;
const MAX_TOTAL = 20 * 1024 ** 2;
const LINE = `${"GET /orders user=alice@example.org from=192.0.2.17 in 12.345 ms".padEnd(86, ".")} status 200\n`;

const { values } = readOptions({
  options: {
    restarts: { type: "string", default: "5000" },
    megabytes: { type: "string", default: "10000" },
    node: { type: "string", default: process.execPath },
    verbose: { type: "boolean", default: false },
  },
});
const restarts = Number(values.restarts);
const linesOfLife = Math.max(1, Math.round((Number(values.megabytes) * 1e6) / (restarts + 1) / LINE.length));

const folder = mkdtempSync(join(tmpdir(), "svc-soak-"));
const svc = start();
process.once("exit", () => {
  svc.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));
process.exit(verdict(await watch()));

function start() {
  mkdirSync(join(folder, "run"), { mode: 0o700 });
  writeFileSync(join(folder, "lines"), LINE.repeat(linesOfLife));
  const script = 'echo "life $SVC_RESTARTS"; cat lines; exit 1';
  const log = { dir: "logs", maxSize: "4M", maxTotal: MAX_TOTAL, compress: true };
  const backoff = { initial: 0, jitter: 0 };
  writeFileSync(join(folder, "services.json"), JSON.stringify({ log, services: { soak: { command: ["sh", "-c", script], backoff } } }));
  const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: join(folder, "run"), XDG_STATE_HOME: join(folder, "state") };
  return spawn(values.node, [BIN, "start", "--log-format", "plain"], { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"] });
}

/** Follows the lives until the last has begun: what was seen at a fifth of them, and at the end. */
async function watch() {
  const seen = { lives: 0, wrong: 0, early: [], late: [], peakFiles: 0 };
  let lines = linesOfLife;
  let rest = "";
  for await (const chunk of svc.stdout) {
    const text = (rest + chunk.toString("latin1")).split("\n");
    rest = text.pop();
    for (const line of text) {
      const life = /^soak \| life (\d+)$/.exec(line)?.[1];
      if (life === undefined) {
        lines += 1;
        if (line.length !== LINE.length - 1 + "soak | ".length) seen.wrong += 1;
        continue;
      }
      if (Number(life) !== seen.lives || lines !== linesOfLife) seen.wrong += 1;
      lines = 0;
      seen.lives += 1;
      look(seen);
      if (seen.lives > restarts) return seen;
    }
  }
  return seen;
}

function look(seen) {
  if (seen.lives % 50 === 0) seen.peakFiles = Math.max(seen.peakFiles, bytesIn(join(folder, "logs")));
  const part = seen.lives / restarts;
  if (part >= 0.2 && part <= 0.25) seen.early.push(figures());
  if (part >= 0.95) seen.late.push(figures());
  if (values.verbose && seen.lives % 100 === 0) console.log(`life ${seen.lives}: ${JSON.stringify(figures())}`);
}

function figures() {
  const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${svc.pid}/status`, "latin1"))[1]);
  return { megabytes: (kib * 1024) / 1e6, descriptors: readdirSync(`/proc/${svc.pid}/fd`).length };
}

/**
 * Looking takes a while, in which files grow, go and come. Files only grow, so what was seen of those that are still there after
 * the look was all there at one moment.
 */
function bytesIn(path) {
  const seen = readdirSync(path).map((name) => ({ name, stat: statOf(join(path, name)) }));
  const stayed = seen.filter(({ name, stat }) => stat !== undefined && statOf(join(path, name))?.ino === stat.ino);
  return stayed.reduce((sum, { stat }) => sum + stat.size, 0);
}

function statOf(path) {
  return statSync(path, { throwIfNoEntry: false });
}

function verdict({ lives, wrong, early: before, late: after, peakFiles }) {
  if (lives <= restarts) {
    console.log(`svc ended after ${lives} lives`);
    return 1;
  }
  const [early, late] = [before, after].map((list) => ({
    megabytes: median(list.map(({ megabytes }) => megabytes)),
    descriptors: median(list.map(({ descriptors }) => descriptors)),
  }));
  const rows = [
    [wrong === 0, `${lives - 1} restarts, ${(lives - 1) * linesOfLife} lines, ${wrong} of them wrong, missing or out of order`],
    [
      late.megabytes - early.megabytes <= MAX_GROWTH_MB,
      `resident memory ${early.megabytes.toFixed(1)} MB at a fifth, ${late.megabytes.toFixed(1)} MB at the end (at most ${MAX_GROWTH_MB} more)`,
    ],
    // One life's pipes may still be read while the next one's are open.
    [late.descriptors - early.descriptors <= 4, `descriptors ${early.descriptors} at a fifth, ${late.descriptors} at the end`],
    [peakFiles <= MAX_TOTAL, `log files ${(peakFiles / 1024 ** 2).toFixed(1)} MiB at most (the cap is ${MAX_TOTAL / 1024 ** 2})`],
  ];
  for (const [met, text] of rows) console.log(`${met ? "met" : "NOT MET"}: ${text}`);
  return rows.every(([met]) => met) ? 0 : 1;
}
