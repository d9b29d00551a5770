/**
 * A small shop, supervised by svc: `svc start -c services.example.ts`, Ctrl-C ends all of it.
 *
 *   migrate ──completed──▶ web ──ready──▶ email.1, email.2
 *      └──completed──▶ warmer ──ready──▶ customer          and beside them: heartbeat, report (at night), flaky (crashes)
 * Look at it from a second terminal: `svc list`, `svc status flaky`, `svc logs web`, `svc stop email`, `svc start report --now`.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { type Duration, defineConfig, type ServiceContext } from "svc-supervisor";

// A config is a program: what differs from machine to machine comes from the environment, or from a .env file beside it.
const port = Number(process.env.SHOP_PORT ?? 47113);
const shop = `http://127.0.0.1:${port}`;
const data = process.env.SHOP_DATA ?? ".svc/shop";

export default defineConfig(() => ({
  // Everything is down after this time at the latest; 9 s fits into the 10 s that Docker grants.
  shutdownTimeout: "9s",

  services: {
    // A one-shot that runs first: it ends, and what depends on it goes on only if it has ended with success.
    migrate: { service: migrate, restart: "never" },

    // Counts as running once its check has answered, so that nobody calls a server that does not listen yet.
    web: {
      service: Web,
      dependsOn: { migrate: "completed" },
      ready: { http: `${shop}/healthz`, interval: "100ms" },
      // A shop that cannot open is no shop: after five restarts within a minute svc stops the rest and exits with its code.
      maxRestarts: { count: 5, within: "1m" },
      essential: true,
      stop: { timeout: "3s" },
    },

    // Two queue workers, email.1 and email.2. At a stop each finishes the mail in hand, within this time.
    email: {
      service: () => new EmailWorker(process.env.MAIL_URL ?? `${shop}/mail`),
      instances: 2,
      dependsOn: ["web"],
      stop: { timeout: "5s" },
    },

    // A function on an interval. The cache is good for 120 s, so that it never runs out; ready once it is warm.
    warmer: { service: warmCache, every: "60s", dependsOn: { migrate: "completed" }, ready: { message: true } },

    // A list of names waits for "ready" where the service has a check. Each class is constructed with its options.
    customer: { service: Customer, options: { every: "3s" }, dependsOn: ["web", "warmer"], stop: { timeout: "2s" } },
    heartbeat: { service: Heartbeat, options: { every: "30s" } },

    // A function on a timetable: each night at three, where the shop is. `svc start report --now` runs it at once, to see it.
    report: { service: report, cron: "0 3 * * *", timezone: "Europe/Berlin", dependsOn: { migrate: "completed" } },

    // Any program will do, in any language. This one crashes: restarts wait twice as long each time, and no longer than `max`.
    flaky: {
      command: `echo "following the price of tea"; sleep 2; echo "lost the connection" >&2; exit 1`,
      backoff: { initial: "500ms", max: "10s" },
    },
  },
}));

/*
 * The services. In a project each has a file of its own (`module: "./services/web.ts"`); here they stand in the config, so that
 * this one file is all you need. Each runs in a process of its own, so they share files, and nothing else.
 */

function migrate({ log }: ServiceContext) {
  for (const folder of ["new", "taken", "sent", "dead"]) mkdirSync(`${data}/${folder}`, { recursive: true });
  if (!existsSync(SALES)) write(SALES, {});
  log(`the books are in ${data}`);
}

/** Takes orders, and queues a mail for each; shows what sells best, as long as the cache is warm. */
class Web {
  async run({ log, signal }: ServiceContext) {
    const server = createServer(async (request, response) => {
      const [status, body] = await this.answer(request).catch((error: Error): Answer => [400, { error: error.message }]);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening").catch((error: Error) => {
      throw new Error(`cannot open: ${error.message} (set SHOP_PORT to another port)`);
    });
    log(`open on ${shop}`);
    if (!signal.aborted) await once(signal, "abort");
    await new Promise((closed) => server.close(closed));
    log("closed");
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    switch (`${request.method} ${request.url}`) {
      case "GET /healthz":
        return [200, { ok: true }];
      case "GET /api/products/featured":
        return featured();
      case "POST /orders":
        return order((await json(request)) as Order);
      case "POST /mail": // Stands in for a provider of mail, who takes his time and does not know every address.
        await pause(500);
        return ((await json(request)) as Mail).to.endsWith(".invalid") ? [422, { error: "no such mailbox" }] : [200, { ok: true }];
      default:
        return [404, { error: "no such page" }];
    }
  }
}

type Answer = [status: number, body: unknown];
type Order = { readonly item: string; readonly count: number; readonly email: string };
type Mail = { readonly to: string; readonly text: string };

function featured(): Answer {
  const cached = existsSync(FEATURED) && read<{ readonly until: number; readonly items: readonly Item[] }>(FEATURED);
  return cached && Date.now() < cached.until ? [200, cached.items] : [503, { error: "the cache is not warm yet" }];
}

function order({ item, count, email }: Order): Answer {
  if (!PRODUCTS.includes(item) || !(count > 0) || !email) return [400, { error: "an order has an item, a count and an email" }];
  const sales = read<Sales>(SALES);
  write(SALES, { ...sales, [item]: (sales[item] ?? 0) + count });
  return [202, { id: enqueue({ to: email, text: `Thank you for your order: ${count} x ${item}.` }) }];
}

const PRODUCTS = ["red", "blue", "green", "white", "black"].flatMap((colour) =>
  ["teapot", "cup", "saucer", "spoon", "bowl"].map((thing) => `${colour} ${thing}`),
);
const SALES = `${data}/sales.json`;
const FEATURED = `${data}/featured.json`;
type Sales = Readonly<Record<string, number>>;
type Item = { readonly item: string; readonly sold: number };

function warmCache({ log, ready }: ServiceContext) {
  const sales = read<Sales>(SALES);
  const items = PRODUCTS.map((item): Item => ({ item, sold: sales[item] ?? 0 })).sort((a, b) => b.sold - a.sold);
  write(FEATURED, { until: Date.now() + 120_000, items: items.slice(0, 20) });
  log("the cache is warm", { items: 20, ttl: "120s", best: items[0]?.item });
  ready();
}

function report({ log }: ServiceContext) {
  const sold = Object.values(read<Sales>(SALES)).reduce((sum, count) => sum + count, 0);
  log("sold so far", { items: sold, mails: readdirSync(`${data}/sent`).length, dead: readdirSync(`${data}/dead`).length });
}

type Every = { readonly every: Duration };

class Heartbeat {
  async run({ log, options, sleep }: ServiceContext<Every>) {
    do log("alive", { upFor: `${Math.round(process.uptime())}s` });
    while (await sleep(options.every));
  }
}

/** A poller: looks in every three seconds, and buys something. A visit that fails is a line on stderr, and no reason to give up. */
class Customer {
  async run({ log, options, signal, sleep }: ServiceContext<Every>) {
    do {
      await this.visit(signal).then(log, (error) => signal.aborted || log.error("the shop does not answer", { error }));
    } while (await sleep(options.every));
  }

  async visit(signal: AbortSignal): Promise<string> {
    const featured = await fetch(`${shop}/api/products/featured`, { signal });
    if (!featured.ok) return `found nothing on the shelf: ${featured.status}`;
    const { item } = pick((await featured.json()) as Item[]);
    // One in four has mistyped it.
    const email = pick(["ann@example.com", "eve@example.com", "max@example.com", "bob@nowhere.invalid"]);
    const order: Order = { item, count: Math.ceil(6 * Math.random()), email };
    const response = await fetch(`${shop}/orders`, { method: "POST", body: JSON.stringify(order), signal });
    return `ordered ${order.count} x ${order.item}: ${response.status}`;
  }
}

/** Sends one mail after another. Each is tried three times; then it is a dead letter. */
class EmailWorker {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async run({ instance, log, signal, sleep }: ServiceContext) {
    const take = openQueue(instance);
    log("ready to send");
    // A stop is looked for between two mails: the one in hand is finished.
    while (!signal.aborted) {
      const job = take();
      if (job === null) await sleep("500ms");
      else if (!(await this.work(job, log))) await sleep("1s");
    }
    log("going home");
  }

  async work(job: Job, log: ServiceContext["log"]): Promise<boolean> {
    try {
      await this.send(job);
    } catch (error) {
      log.error(job.fail() ? "not sent, for now" : "not sent, a dead letter", { job: job.id, tries: job.tries, error });
      return false;
    }
    // Acknowledged right after the work: whatever goes wrong from here on, be it the next line, must not send it again.
    job.complete();
    log("sent", { job: job.id });
    return true;
  }

  /** A worker that is killed before it could acknowledge sends again; the provider knows it by the job's id. */
  async send({ id, file }: Job) {
    const headers = { "idempotency-key": id };
    const signal = AbortSignal.timeout(30_000);
    const response = await fetch(this.url, { method: "POST", headers, body: readFileSync(file), signal });
    if (!response.ok) throw new Error(`the mail server answered ${response.status}`);
  }
}

/*
 * The queue. A job is a file named by its age and by how often it was tried; its folder tells how far it is. A rename moves it on,
 * in one step: however many workers try it, one succeeds.
 */

type Job = { readonly id: string; readonly tries: number; readonly file: string; complete(): void; fail(): boolean };

function enqueue(mail: Mail): string {
  const id = `${Date.now().toString(36)}-${randomUUID().slice(0, 8)}`;
  write(`${data}/new/${id}.0`, mail);
  return id;
}

function openQueue(worker: number): () => Job | null {
  const mine = `${data}/taken/${worker}`;
  /** For another try; false after the third. */
  const giveBack = (name: string): boolean => {
    const again = !name.endsWith(".3");
    renameSync(`${mine}/${name}`, `${data}/${again ? "new" : "dead"}/${name}`);
    return again;
  };
  mkdirSync(mine, { recursive: true });
  // What this worker had in hand when it was killed is still here: it comes back, and no mail is lost.
  for (const name of readdirSync(mine)) giveBack(name);

  return () => {
    for (const name of readdirSync(`${data}/new`).sort()) {
      const [id = "", tried] = name.split(".");
      const tries = (Number(tried) || 0) + 1;
      const taken = `${id}.${tries}`;
      try {
        renameSync(`${data}/new/${name}`, `${mine}/${taken}`);
      } catch {
        continue; // Another worker was faster.
      }
      const complete = () => renameSync(`${mine}/${taken}`, `${data}/sent/${id}`);
      return { id, tries, file: `${mine}/${taken}`, complete, fail: () => giveBack(taken) };
    }
    return null;
  };
}

/** Whole or not at all: nobody reads half a file. */
function write(file: string, value: unknown): void {
  const part = `${data}/${randomUUID()}.part`;
  writeFileSync(part, JSON.stringify(value));
  renameSync(part, file);
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(list.length * Math.random())] as T;
}
