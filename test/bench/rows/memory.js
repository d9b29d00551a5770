// Resident memory of each tool's processes with 10 idle services, beside an idle node, all of them at the same time.
import { launch } from "../lib/guard.js";
import { memoryMB } from "../lib/proc.js";
import { services } from "../lib/services.js";
import { median, sleep } from "../lib/stats.js";

const COUNT = 10;
const ROUNDS = 3;
const SETTLE_MS = 10_000;

export async function memory({ tools, scripts, node, say }) {
  const sizes = new Map(["node", ...tools.map(({ name }) => name)].map((name) => [name, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [name, size] of await weigh(tools, services(scripts.sleeper, COUNT), node)) {
      say(`memory ${round} ${name}: ${size.toFixed(1)} MB`);
      sizes.get(name).push(size);
    }
  }
  const { node: idle, ...values } = Object.fromEntries([...sizes].map(([name, list]) => [name, median(list)]));
  // The promise: 12 MB on Node 20; newer ones hold more for the same modules.
  const limit = node.major === 20 ? 12 : 20;
  const more = values.svc - idle;
  const target = { text: `svc holds ${more.toFixed(1)} MB more than an idle node (at most ${limit})`, met: more <= limit };
  return [{ title: `idle memory with ${COUNT} services`, unit: "MB", values, base: { name: "node", value: idle }, target }];
}

async function weigh(tools, list, node) {
  const idle = launch([node.path, "-e", "setInterval(()=>{},1e9)"]);
  const fleets = tools.map((tool) => tool.start(list));
  try {
    for (const fleet of fleets) await fleet.start(list.length);
    await sleep(SETTLE_MS);
    const sum = (pids) => pids.reduce((total, pid) => total + memoryMB(pid).resident, 0);
    return [["node", memoryMB(idle.pid).resident], ...fleets.map((fleet) => [fleet.name, sum(fleet.processes())])];
  } finally {
    idle.child.kill("SIGKILL");
    for (const fleet of fleets) fleet.end();
  }
}
