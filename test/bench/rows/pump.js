// Four services that write 64 MB each, through the whole of each tool, beside a program that copies the same pipes as they are
// (all in turn): bytes per second of processor time until the last line has arrived, peak memory, and the peak with a reader that
// stalls. The services go on after their last line, as concurrently ends before it has written what it holds. pm2 prints no
// prefixes here, which is less work. That svc's lines arrive whole and in order is what `node test/bench/pump.js` checks.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bareCopy, measure, piped, total } from "../lib/piped.js";
import { memoryMB } from "../lib/proc.js";
import { services } from "../lib/services.js";
import { median, sleep } from "../lib/stats.js";

const WRITERS = 4;
const LINE = "GET /orders user=alice@example.org from=192.0.2.17 in 12.345 ms and with a long tail, status 200\n";
const LINES = Math.ceil((64 * 1024 * 1024) / LINE.length);
const MEGABYTES = (WRITERS * LINES * LINE.length) / 1e6;
const ROUNDS = 5;
const STALL_MS = 4000;

export async function pump({ tools, scripts, node, folder, say }) {
  const file = join(folder, "lines");
  writeFileSync(file, LINE.repeat(LINES));
  const writers = services(scripts.writer, WRITERS, file);
  const programs = [bareCopy(node, folder), ...tools];
  const runs = new Map(programs.map(({ name }) => [name, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const program of programs.filter(({ name }) => runs.has(name))) {
      const used = await piped(program, writers, folder, measure(WRITERS, MEGABYTES * 1e6)).catch((error) => mourn(program.name, error));
      say(
        used
          ? `pump ${round} ${program.name}: ${used.cpu.toFixed(2)} s, peak ${used.peak.toFixed(1)} MB`
          : `pump ${round} ${program.name} died`,
      );
      if (used) runs.get(program.name).push(used);
      else runs.delete(program.name);
    }
  }
  const peaks = {};
  for (const tool of tools) peaks[tool.name] = await piped(tool, services(scripts.flood, 3), folder, stall);
  const stalled = { text: `svc peaks at ${peaks.svc?.toFixed(1)} MB (under 70)`, met: peaks.svc < 70 };
  const title = `peak memory with a reader that stalls for ${STALL_MS / 1000} s under three floods`;
  return [...rows(runs, node), { title, unit: "MB", values: peaks, target: stalled }];
}

/** pm2 dies of this load on some versions of Node: then it has no figure, and the others go on. */
function mourn(name, error) {
  if (name === "svc" || name === "bare") throw error;
  console.log(`\npump: ${name} did not survive: ${error.message.split("\n", 1)[0]}`);
  return null;
}

async function stall(running, reader) {
  await new Promise((resolve) => reader.once("data", resolve));
  reader.pause();
  await sleep(STALL_MS);
  return total(running.processes(), (pid) => memoryMB(pid).peak);
}

/** Speed and memory must each keep to their share of the bare copy's: the median of the rounds' own ratios. */
function rows(runs, node) {
  const of = (pick) => Object.fromEntries([...runs].map(([name, list]) => [name, median(list.map(pick))]));
  const { bare: speed, ...speeds } = of(({ cpu }) => MEGABYTES / cpu);
  const { bare: peak, ...peaks } = of((used) => used.peak);
  const ratio = (pick) => median((runs.get("svc") ?? []).map((run, round) => pick(run, runs.get("bare")[round])));
  const faster = ratio((run, copy) => copy.cpu / run.cpu);
  const larger = ratio((run, copy) => run.peak / copy.peak);
  const atLeast = node.major === 20 ? 0.7 : 0.6;
  const speedTarget = { text: `svc pumps at ${faster.toFixed(2)} of a bare copy (at least ${atLeast})`, met: faster >= atLeast };
  const memoryTarget = { text: `svc holds ${larger.toFixed(2)} of a bare copy's memory (at most 1.3)`, met: larger <= 1.3 };
  const base = (value) => ({ name: "bare copy", value });
  const title = `pump: ${WRITERS} x 64 MB`;
  return [
    {
      title: `${title}, per second of processor time`,
      unit: "MB",
      values: speeds,
      moreIsBetter: true,
      base: base(speed),
      target: speedTarget,
    },
    { title: `${title}, peak memory`, unit: "MB", values: peaks, base: base(peak), target: memoryTarget },
  ];
}
