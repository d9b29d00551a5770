// 1,000 services, by svc and by the same svc without its native part: from the launch until the last has run, and the
// processor time that svc itself has taken by then. The third row leaves out what svc takes with a single service, the last ones
// all but the starts themselves. What remains of the targets' distance is the same in both: lines, pipes, states; a fork costs
// the more, the more memory svc has of its own, and differs by a factor of five from one machine to another.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { processorTime } from "../lib/proc.js";
import { services } from "../lib/services.js";
import { median } from "../lib/stats.js";

const COUNT = 1000;
const ROUNDS = 3;
const MOST_TIME = 0.5;
const MOST_CPU = 0.3;
const WITHOUT = "svc without it";
const STARTS = fileURLToPath(new URL("../lib/starts.js", import.meta.url));

export async function native({ tools, scripts, node, say }) {
  const svc = tools.find(({ name }) => name === "svc");
  if (svc === undefined) return [];
  const variants = { svc: {}, [WITHOUT]: { SVC_NO_NATIVE: "1" } };
  const readings = new Map(Object.keys(variants).map((name) => [name, { time: [], cpu: [], each: [], start: [], startCpu: [] }]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [name, env] of Object.entries(variants)) {
      const single = await startAll(svc, services(scripts.waiter, 1), env);
      const { time, cpu } = await startAll(svc, services(scripts.waiter, COUNT), env);
      say(`native ${round} ${name}: ${time.toFixed(0)} ms, ${cpu.toFixed(2)} s of processor time`);
      readings.get(name).time.push(time);
      readings.get(name).cpu.push(cpu);
      readings.get(name).each.push(((cpu - single.cpu) * 1000) / (COUNT - 1));
      const alone = startAlone(node.path, env);
      readings.get(name).start.push(alone.ms);
      readings.get(name).startCpu.push(alone.cpuMs);
    }
  }
  const row = (title, unit, key, most) => {
    const values = Object.fromEntries([...readings].map(([name, lists]) => [name, median(lists[key])]));
    const share = values.svc / values[WITHOUT];
    if (most === undefined) return { title, unit, values };
    return {
      title,
      unit,
      values,
      target: { text: `${share.toFixed(2)} of what it takes without the native part (at most ${most})`, met: share <= most },
    };
  };
  return [
    row(`start of ${COUNT} services until the last has run`, "ms", "time", MOST_TIME),
    row("… and svc's own processor time for it", "s", "cpu", MOST_CPU),
    row("… of which for each service", "ms", "each"),
    row("the start of a process by itself", "ms", "start"),
    row("… and svc's own processor time for it", "ms", "startCpu"),
  ];
}

function startAlone(node, env) {
  const { stdout, status } = spawnSync(node, [STARTS, String(COUNT)], { env: { ...process.env, ...env }, encoding: "utf8" });
  if (status !== 0) throw new Error(`${STARTS} ended with ${status}`);
  return JSON.parse(stdout);
}

async function startAll(svc, list, env) {
  const running = svc.start(list, { env });
  try {
    const last = await running.start(list.length);
    const cpu = running.processes().reduce((sum, pid) => sum + processorTime(pid).own, 0);
    return { time: last.at - running.launchedAt, cpu };
  } finally {
    running.end();
  }
}
