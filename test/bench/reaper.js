// `node test/bench/reaper.js [--node PATH] [--orphans N] [--children N]`
// Double-forked orphans while children of svc's own exit with random known codes, as a subreaper and as PID 1: whether every
// code is right, and svc's processor time for each orphan, which is the run with orphans minus the run without. Exits 1 where
// a target is missed.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readOptions } from "./lib/options.js";

const MAX_MICROSECONDS = 60;
const MODES = { "as a subreaper": [], "as PID 1": ["unshare", "--pid", "--fork", "--mount-proc"] };

const { values: options } = readOptions({
  options: {
    node: { type: "string", default: process.execPath },
    orphans: { type: "string", default: "20000" },
    children: { type: "string", default: "1000" },
  },
});
const [orphans, children] = [Number(options.orphans), Number(options.children)];
const fixture = fileURLToPath(new URL("../fixtures/processes/reaps.js", import.meta.url));

for (const [mode, wrapper] of Object.entries(MODES)) {
  const without = run(wrapper, 0);
  const report = run(wrapper, orphans);
  const each = ((report.cpuMs - without.cpuMs) * 1000) / orphans;
  const whole = report.adopted === orphans && [report.posix, report.node, report.worker].every((right) => right === children);
  console.log(
    `${mode}: ${report.adopted} of ${orphans} orphans adopted and reaped; right codes of ${children} each: by posix_spawn ${report.posix}, by Node ${report.node}, in a worker thread ${report.worker}`,
  );
  console.log(`${each <= MAX_MICROSECONDS ? "met" : "NOT MET"}: ${each.toFixed(1)} µs for each orphan (at most ${MAX_MICROSECONDS})`);
  if (!whole || each > MAX_MICROSECONDS) process.exitCode = 1;
}

function run(wrapper, count) {
  const [file, ...args] = [...wrapper, options.node, fixture, String(count), String(children)];
  const { stdout, status, error } = spawnSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (status !== 0) throw error ?? new Error(`${file} ended with ${status}`);
  return JSON.parse(stdout);
}
