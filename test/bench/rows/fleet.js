// 100 services: from the launch of the tool until the last has run; and from SIGTERM until the last of them, and the tool, are gone.
import { services } from "../lib/services.js";
import { median, sleep, within } from "../lib/stats.js";

const COUNT = 100;
const ROUNDS = 5;

export async function fleet({ tools, scripts, say }) {
  const times = new Map(tools.map(({ name }) => [name, { start: [], stop: [] }]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const tool of tools) {
      const { start, stop } = await startAndStop(tool, services(scripts.sleeper, COUNT));
      say(`fleet ${round === 0 ? "(warm-up)" : round} ${tool.name}: start ${start.toFixed(0)} ms, stop ${stop.toFixed(0)} ms`);
      if (round === 0) continue;
      times.get(tool.name).start.push(start);
      times.get(tool.name).stop.push(stop);
    }
  }
  const medians = (key) => Object.fromEntries([...times].map(([name, lists]) => [name, median(lists[key])]));
  return [
    { title: `start of ${COUNT} services until the last has run`, unit: "ms", values: medians("start") },
    { title: `stop of ${COUNT} services until all is gone`, unit: "ms", values: medians("stop") },
  ];
}

async function startAndStop(tool, list) {
  const running = tool.start(list);
  try {
    const last = await running.start(list.length);
    // Whatever the tool does after the last start is over: a stop in the middle of it is another measurement.
    await sleep(1000);
    const { signalledAt, endedAt } = await running.stop();
    const goneAt = await within(30_000, `the end of the services of ${tool.name}`, running.gone);
    return { start: last.at - running.launchedAt, stop: Math.max(goneAt, endedAt) - signalledAt };
  } finally {
    running.end();
  }
}
