// The list of 100 services, beside `node -e 0`: 20 runs of each in turn. concurrently has no such command.
import { spawnSync } from "node:child_process";
import { services } from "../lib/services.js";
import { median, sleep } from "../lib/stats.js";

const COUNT = 100;
const RUNS = 20;

export async function list({ tools, clients, scripts, node, say }) {
  const asked = tools.filter(({ name }) => name in clients);
  const fleets = asked.map((tool) => tool.start(services(scripts.sleeper, COUNT)));
  const times = new Map(["node", ...asked.map(({ name }) => name)].map((name) => [name, []]));
  try {
    for (const fleet of fleets) await fleet.start(COUNT);
    await sleep(3000);
    const commands = [["node", [node.path, "-e", "0"], {}], ...fleets.map((fleet) => command(fleet, clients))];
    for (let run = 0; run <= RUNS; run += 1) {
      for (const [name, argv, options] of commands) {
        const ms = time(argv, options, name !== "node");
        // The first of each warms the disk's cache.
        if (run > 0) times.get(name).push(ms);
      }
    }
  } finally {
    for (const fleet of fleets) fleet.end();
  }
  for (const [name, list] of times) say(`list ${name}: from ${Math.min(...list).toFixed(0)} to ${Math.max(...list).toFixed(0)} ms`);
  const { node: bare, ...values } = Object.fromEntries([...times].map(([name, list]) => [name, median(list)]));
  const ratio = values.svc / bare;
  const target = { text: `svc list takes ${ratio.toFixed(2)} of node -e 0 (at most 1.3)`, met: ratio <= 1.3 };
  return [{ title: `list ${COUNT} services`, unit: "ms", values, base: { name: "node -e 0", value: bare }, target }];
}

function command(fleet, clients) {
  const argv = [...clients[fleet.name], "list"];
  return [fleet.name, argv, { cwd: fleet.config, env: { ...process.env, ...fleet.env } }];
}

function time([program, ...args], options, lists) {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { ...options, encoding: "utf8" });
  const ms = performance.now() - startedAt;
  const complete = !lists || new RegExp(`\\bs${COUNT}\\b`).test(stdout);
  if (status !== 0 || !complete)
    throw new Error(`${args.join(" ")} exited ${status} without the whole list: ${stderr}${stdout.slice(-500)}`);
  return ms;
}
