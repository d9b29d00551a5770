import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Place, type Running, usePlaces, type Variables } from "../helpers/fleet.ts";
import { freePort } from "../helpers/ports.ts";
import { processesWith, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place, marker } = usePlaces();

const EXAMPLE = new URL("../../services.example.ts", import.meta.url).pathname;

interface Shop {
  readonly at: Place;
  readonly svc: Running;
  readonly url: string;
  /** Waits for a line on stdout. */
  says(line: RegExp): Promise<unknown>;
}

/** The example alone, in a folder that is otherwise empty. */
async function open(names: readonly string[] = [], env: Variables = {}): Promise<Shop> {
  const at = place();
  copyFileSync(EXAMPLE, join(at.path, "services.example.ts"));
  const port = String(await freePort());
  const svc = at.spawn(["start", "-c", "services.example.ts", ...names], { env: { SHOP_PORT: port, ...env } });
  const says = (line: RegExp) => until(() => line.test(svc.stdout()), { what: `a line like ${line}` });
  return { at, svc, url: `http://127.0.0.1:${port}`, says };
}

test("the example alone, in an empty folder, opens a shop; Ctrl-C closes it, and nothing is left", async () => {
  const { at, svc, url, says } = await open();
  await says(/^migrate +\| the books are in \.svc\/shop$/m);
  await says(new RegExp(`^web +\\| open on ${url}$`, "m"));
  await says(/^email\.1 +\| ready to send$/m);
  await says(/^email\.2 +\| ready to send$/m);
  await says(/^heartbeat \| alive upFor=\d+s$/m);
  await says(/^flaky +\| following the price of tea$/m);
  await says(/^customer +\| ordered \d x \w+ \w+: 202$/m);

  const order = await fetch(`${url}/orders`, { method: "POST", body: '{"item":"red teapot","count":1,"email":"you@example.com"}' });
  expect(order.status).toBe(202);
  const { id } = (await order.json()) as { readonly id: string };
  await says(new RegExp(`^email\\.[12] +\\| sent job=${id}$`, "m"));
  const bad = await fetch(`${url}/orders`, { method: "POST", body: '{"item":"no such thing","count":1}' });
  expect(bad.status).toBe(400);
  const states = async () => Object.fromEntries((await at.ask("list", {})).services.map(({ name, state }) => [name, state]));
  const up = ["web", "email.1", "email.2", "warmer", "customer", "heartbeat", "report"].map((name) => [name, "running"]);
  await until(async () => {
    expect(await states()).toMatchObject({ migrate: "completed", ...Object.fromEntries(up) });
    return true;
  });

  expect(await at.svc("start", "-c", "services.example.ts", "report", "--now")).toMatchObject({ code: 0 });
  await says(/^report +\| sold so far items=\d+ mails=\d+ dead=\d+$/m);

  expect(await at.svc("stop", "-c", "services.example.ts", "--timeout", "2m", "email")).toMatchObject({ code: 0 });
  for (const name of ["email.1", "email.2"]) await says(new RegExp(`^${name} +\\| going home$`, "m"));
  signal(svc.pid, "SIGINT");
  const done = await svc.ended;
  expect(done.code).toBe(130);
  expect(done.stderr).not.toMatch(/warning|fault of svc/);
  expect(processesWith(marker)).toEqual([]);
});

test("T29 T30 the shop has nothing to show until the cache is warm, and each run of the warmer is one line", async () => {
  const { at, svc, url, says } = await open(["web"]);
  const featured = () => fetch(`${url}/api/products/featured`);
  await says(/^web +\| open on /m);
  expect((await featured()).status).toBe(503);
  expect(await at.svc("start", "-c", "services.example.ts", "warmer")).toMatchObject({ code: 0 });
  const warm = await featured();
  expect(warm.status).toBe(200);
  expect(await warm.json()).toHaveLength(20);

  const runs = () => svc.stdout().match(/^warmer +\| the cache is warm items=20 ttl=120s best="\w+ \w+"$/gm)?.length ?? 0;
  await until(() => runs() === 1);
  expect(await at.svc("start", "-c", "services.example.ts", "warmer", "--now")).toMatchObject({ code: 0 });
  await until(() => runs() === 2);
  expect(svc.stdout().match(/^warmer/gm)).toHaveLength(2);
});
