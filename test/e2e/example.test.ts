import { copyFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { usePlaces } from "../helpers/fleet.ts";
import { processesWith, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place, marker } = usePlaces();

const EXAMPLE = new URL("../../services.example.ts", import.meta.url).pathname;

test("the example alone, in an empty folder, opens a shop; Ctrl-C closes it, and nothing is left", async () => {
  const at = place();
  copyFileSync(EXAMPLE, join(at.path, "services.example.ts"));
  const port = await freePort();
  const svc = at.spawn(["start", "-c", "services.example.ts"], { env: { SHOP_PORT: String(port) } });
  const says = (text: string) => until(() => svc.stdout().includes(text), { what: `a line "${text}"` });
  await says("migrate  | the queue is ");
  await says(`web      | open on http://127.0.0.1:${port}\n`);
  await says("worker.1 | ready to pack\n");
  await says("worker.2 | ready to pack\n");
  await says("flaky    | following the price of tea\n");
  await until(() => /^customer \| ordered \d x \w+: 202$/m.test(svc.stdout()));
  await until(() => /^worker\.[12] \| packed \d x \w+$/m.test(svc.stdout()));

  const order = await fetch(`http://127.0.0.1:${port}/orders`, { method: "POST", body: '{"item":"kettle","count":1}' });
  expect(order.status).toBe(202);
  await says("packed 1 x kettle\n");
  const states = Object.fromEntries((await at.ask("list", {})).services.map(({ name, state }) => [name, state]));
  expect(states).toMatchObject({ migrate: "completed", web: "running", "worker.1": "running", "worker.2": "running", customer: "running" });

  signal(svc.pid, "SIGINT");
  const done = await svc.ended;
  expect(done.code).toBe(130);
  for (const last of ["web      | closed\n", "worker.1 | going home\n", "worker.2 | going home\n"]) expect(done.stdout).toContain(last);
  expect(processesWith(marker)).toEqual([]);
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
