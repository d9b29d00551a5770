// From the SIGKILL of a service's process until its successor runs, with no delay between. The tools stand side by side and take
// turns, so that all of them meet the same machine.
import { services } from "../lib/services.js";
import { percentile, sleep } from "../lib/stats.js";

const CRASHES = 100;

export async function crash({ tools, scripts, say }) {
  const fleets = tools.map((tool) => ({
    name: tool.name,
    running: tool.start(services(scripts.sleeper, 1), { restart: "at once" }),
    times: [],
  }));
  try {
    for (const fleet of fleets) fleet.last = await fleet.running.start(1);
    await sleep(2000);
    for (let crash = 0; crash < CRASHES; crash += 1) for (const fleet of fleets) await crashOnce(fleet);
  } finally {
    for (const { running } of fleets) running.end();
  }
  const row = (percent) => {
    const values = Object.fromEntries(fleets.map(({ name, times }) => [name, percentile(times, percent)]));
    return { title: `crash to new process, no delay, p${percent} of ${CRASHES}`, unit: "ms", values };
  };
  for (const { name, times } of fleets) say(`crash ${name}: from ${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)} ms`);
  return [row(50), row(99)];
}

async function crashOnce(fleet) {
  const next = fleet.running.start(fleet.running.starts() + 1);
  const crashedAt = performance.now();
  process.kill(fleet.last.pid, "SIGKILL");
  fleet.last = await next;
  fleet.times.push(fleet.last.at - crashedAt);
  // The new process has reported from a script that still has to become its program.
  await sleep(30);
}
