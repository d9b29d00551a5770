// The whole of svc beside a program that copies the same pipes as they are, `cat`, concurrently and pm2, all in turn: bytes per
// second of processor time from the first line to the last, and peak memory. 1, 4 and 32 writers of 100-byte lines; svc alone
// also as JSON, to files (alone, as in the background, and beside its stdout), and with a write() for each line. `--megabytes N` (500) is the sum of a run.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bareCopy, catCopy, measure, piped, unheard } from "../lib/piped.js";
import { services } from "../lib/services.js";
import { median } from "../lib/stats.js";

const LINE = `${"GET /orders user=alice@example.org from=192.0.2.17 in 12.345 ms".padEnd(87, ".")} status 200\n`;
const SHORT_LINE = `${"x".repeat(80)}\n`;
const ROUNDS = 3;
const MAX_MEMORY = 1.3;

export async function logs({ tools, scripts, node, folder, say, megabytes }) {
  const bare = bareCopy(node, folder);
  const svc = tools.find(({ name }) => name === "svc");
  const peers = tools.filter((tool) => tool !== svc);
  const plain = node.major === 20 ? 0.7 : 0.6;
  const configured = (log) => ({ name: "svc", start: (list, options) => svc.start(list, { ...options, config: { log } }) });
  const files = configured({ dir: "logs", maxSize: "10M", maxTotal: "50M" });
  const writers = (count) => ({ count, script: scripts.writer, argument: linesIn(folder, megabytes / count) });
  const cases = [1, 4, 32].map((count) => ({
    title: count === 1 ? "1 writer" : `${count} writers`,
    ...writers(count),
    programs: [bare, svc, catCopy(folder), ...peers],
    atLeast: plain,
  }));
  cases.push({ title: "4 writers, JSON", ...writers(4), programs: [bare, configured({ format: "json" })], atLeast: 0.35 });
  cases.push({ title: "4 writers, to files", ...writers(4), programs: [bare, { ...files, unheard: true }], atLeast: 0.5 });
  cases.push({ title: "4 writers, to files and stdout", ...writers(4), programs: [bare, files], atLeast: 0.25 });
  const short = { count: 4, script: scripts.liner, argument: String(Math.ceil((megabytes * 1e6) / 10 / 4 / SHORT_LINE.length)) };
  cases.push({
    title: "4 writers, a write() for each line (a tenth of the bytes)",
    ...short,
    programs: [bare, svc],
    atLeast: 0.6,
    size: megabytes / 10,
  });
  const rows = [];
  for (const one of cases.filter(({ programs }) => programs.every(Boolean))) rows.push(...(await run({ megabytes, folder, say, ...one })));
  return rows;
}

async function run({ title, count, script, argument, programs, atLeast, megabytes, size = megabytes, folder, say }) {
  const list = services(script, count, argument);
  const runs = new Map(programs.map(({ name }) => [name, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const program of programs.filter(({ name }) => runs.has(name))) {
      const run = program.unheard ? unheard(program, list) : piped(program, list, folder, measure(count, size * 1e6 * 0.99));
      const used = await run.catch((error) => mourn(title, program.name, error));
      if (used === null) runs.delete(program.name);
      else runs.get(program.name).push(used);
      say(`${title} ${round} ${program.name}: ${used === null ? "died" : `${used.cpu.toFixed(2)} s, peak ${used.peak.toFixed(1)} MB`}`);
    }
  }
  return rowsOf({ title, size, atLeast, runs });
}

/** A peer may die of the load: then it has no figure, and the others go on. */
function mourn(title, name, error) {
  if (name === "svc" || name === "bare") throw error;
  console.log(`\n${title}: ${name} did not survive: ${error.message.split("\n", 1)[0]}`);
  return null;
}

function rowsOf({ title, size, atLeast, runs }) {
  const of = (pick) => Object.fromEntries([...runs].map(([name, list]) => [name, median(list.map(pick))]));
  const ratio = (pick) => median(runs.get("svc").map((used, round) => pick(used, runs.get("bare")[round])));
  const { bare: speed, cat, ...speeds } = of(({ cpu }) => size / cpu);
  const { bare: peak, cat: catPeak, ...peaks } = of((used) => used.peak);
  const faster = ratio((used, copy) => copy.cpu / used.cpu);
  const larger = ratio((used, copy) => used.peak / copy.peak);
  const slower = Object.entries(speeds).filter(([name]) => name === "concurrently" || name === "pm2");
  const beside = slower.map(([name, value]) => ({ name, times: speeds.svc / value, least: name === "pm2" ? 5 : 2 }));
  const met = faster >= atLeast && beside.every(({ times, least }) => times >= least);
  const than = beside.map(({ name, times, least }) => `, ${times.toFixed(1)} x ${name} (at least ${least})`).join("");
  const note = cat === undefined ? undefined : `cat ${cat.toFixed(0)} MB, peak ${catPeak.toFixed(1)} MB`;
  return [
    {
      title: `logs: ${title}, per second of processor time`,
      unit: "MB",
      values: speeds,
      moreIsBetter: true,
      base: { name: "bare copy", value: speed },
      target: { text: `${faster.toFixed(2)} of a bare copy (at least ${atLeast})${than}`, met },
      ...(note === undefined ? {} : { note }),
    },
    {
      title: `logs: ${title}, peak memory`,
      unit: "MB",
      values: { svc: peaks.svc },
      base: { name: "bare copy", value: peak },
      target: { text: `${larger.toFixed(2)} of a bare copy's (at most ${MAX_MEMORY})`, met: larger <= MAX_MEMORY },
      note: Object.entries(peaks)
        .filter(([name]) => name !== "svc")
        .map(([name, value]) => `${name} ${value.toFixed(0)} MB`)
        .join(", "),
    },
  ];
}

function linesIn(folder, megabytes) {
  const path = join(folder, `lines-${megabytes}`);
  writeFileSync(path, LINE.repeat(Math.ceil((megabytes * 1e6) / LINE.length)));
  return path;
}
