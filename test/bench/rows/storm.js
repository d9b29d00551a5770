// 100 services that exit 3 at once, for 10 s from the launch of the tool, with what each tool does about crashes by default.
// Two readings of the tool's living processes (helpers and daemons included): their own user and system time; and that plus the
// time of all children that they have reaped, which is what the machine pays for the services as well.
import { processorTime } from "../lib/proc.js";
import { services } from "../lib/services.js";
import { median, sleep } from "../lib/stats.js";

const COUNT = 100;
const SECONDS = 10;
const ROUNDS = 3;

export async function storm({ tools, scripts, say }) {
  const readings = new Map(tools.map(({ name }) => [name, { own: [], all: [], starts: [] }]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const tool of tools) {
      const reading = await weather(tool, services(scripts.crasher, COUNT));
      say(`storm ${round} ${tool.name}: ${reading.own.toFixed(2)} s, with services ${reading.all.toFixed(2)} s, ${reading.starts} starts`);
      for (const [key, value] of Object.entries(reading)) readings.get(tool.name)[key].push(value);
    }
  }
  const medians = (key) => Object.fromEntries([...readings].map(([name, lists]) => [name, median(lists[key])]));
  const starts = Object.entries(medians("starts")).map(([name, count]) => `${name} ${count}`);
  const title = `processor time, ${COUNT} crashing services, ${SECONDS} s`;
  return [
    { title, unit: "s", values: medians("own"), note: `starts: ${starts.join(", ")}` },
    { title: "… and of what it reaped", unit: "s", values: medians("all") },
  ];
}

async function weather(tool, list) {
  const running = tool.start(list, { restart: "on" });
  try {
    await running.start(1);
    await sleep(SECONDS * 1000 - (performance.now() - running.launchedAt));
    const times = running.processes().map(processorTime);
    if (times.length === 0) throw new Error(`${tool.name} has ended by itself within ${SECONDS} s`);
    const own = times.reduce((sum, time) => sum + time.own, 0);
    const reaped = times.reduce((sum, time) => sum + time.reaped, 0);
    return { own, all: own + reaped, starts: running.starts() };
  } finally {
    running.end();
  }
}
