import { expect, test } from "vitest";
import { usePlaces } from "../helpers/fleet.ts";
import { processesWith, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place, marker } = usePlaces();

const COUNT = 100;
const FIRST = 10;
const LINES = 10;
/** Two cores do this beside other tests. */
const PATIENCE_MS = 240_000;

test("a hundred TypeScript services start, run and stop cleanly, and no line is lost", { timeout: 2 * PATIENCE_MS }, async () => {
  const at = place();
  at.write(
    "talker.ts",
    `export default class Talker {
      async run({ log, ready, sleep }: { log: (message: string, fields: object) => void; ready: () => void; sleep: (time: string) => Promise<boolean> }): Promise<void> {
        ready();
        for (let n = 1; n <= ${LINES}; n++) log("line", { n });
        await sleep("1h");
      }
    }`,
  );
  const names = Array.from({ length: COUNT }, (_, n) => `talker-${n}`);
  const service = { module: "./talker.ts", stop: { timeout: "2m" }, ready: { message: true, timeout: "4m" } };
  // The first ones all find the file not translated yet, and must not be in each other's way; the others find it in the cache.
  const later = { ...service, dependsOn: names.slice(0, FIRST) };
  const all = Object.fromEntries(names.map((name, index) => [name, index < FIRST ? service : later]));
  at.write("services.json", { shutdownTimeout: "3m", services: all });
  const svc = at.spawn(["start"]);
  const lines = () => svc.stdout().split("\n").slice(0, -1);
  await until(() => lines().length >= COUNT * LINES, { timeout: PATIENCE_MS, interval: 200, what: "all lines" });
  // What a service says of itself and what it prints have no order.
  for (const name of names) await at.has(name, "running");
  const { services } = await at.ask("list", {});
  expect(services.map(({ name, state, restarts }) => ({ name, state, restarts }))).toEqual(
    names.map((name) => ({ name, state: "running", restarts: 0 })),
  );
  expect(new Set(services.map(({ pid }) => pid)).size).toBe(COUNT);

  signal(svc.pid, "SIGTERM");
  const { code, stderr } = await svc.ended;
  expect(code).toBe(0);
  const stopped = names.filter((name) => stderr.includes(`${name} stopped (exited 0)\n`));
  expect(stopped).toEqual(names);
  for (const name of names) {
    const own = lines().filter((line) => line.startsWith(`${name} `));
    expect(own.map((line) => line.replace(/^.*\| /, ""))).toEqual(Array.from({ length: LINES }, (_, n) => `line n=${n + 1}`));
  }
  expect(processesWith(marker)).toEqual([]);
});
