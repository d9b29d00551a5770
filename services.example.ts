/**
 * A small shop, supervised by svc: `svc start -c services.example.ts`, Ctrl-C ends all of it.
 *
 *   migrate ──completed──▶ web ──ready──▶ customer        flaky: crashes now and then
 *      └──────completed──▶ worker.1, worker.2
 * Look at it from a second terminal: `svc list`, `svc status flaky`, `svc logs web`, `svc stop worker`.
 */
import { defineConfig, type ServiceContext } from "svc-supervisor";

// A config is a program: what differs from machine to machine comes from the environment, or from a .env file beside it.
const port = process.env.SHOP_PORT ?? "47113";
const shop = { SHOP_PORT: port, SHOP_DATA: ".svc/shop" };

type Wares = { readonly items: readonly string[] };

/** Orders something every three seconds; an order that fails is a line on stderr, and no reason to give up. */
class Customer {
  async run(ctx: ServiceContext<Wares>) {
    do await this.buy(ctx);
    while (await ctx.sleep("3s"));
  }

  async buy({ log, signal, options: { items } }: ServiceContext<Wares>) {
    const order = { item: items[Math.floor(items.length * Math.random())], count: Math.ceil(6 * Math.random()) };
    try {
      const response = await fetch(`http://127.0.0.1:${port}/orders`, { method: "POST", body: JSON.stringify(order), signal });
      log(`ordered ${order.count} x ${order.item}: ${response.status}`);
    } catch (error) {
      if (!signal.aborted) log.error("the shop does not answer", { error });
    }
  }
}

export default defineConfig({
  // Everything is down after this time at the latest; 9 s fits into the 10 s that Docker grants.
  shutdownTimeout: "9s",

  services: {
    // A one-shot that runs first: it ends, and what depends on it goes on only if it has ended with 0.
    migrate: { command: migrate(), env: shop, restart: "never" },

    // Counts as running once its check has answered, so that nobody calls a server that does not listen yet.
    web: {
      command: web(),
      env: shop,
      dependsOn: { migrate: "completed" },
      ready: { http: `http://127.0.0.1:${port}/healthz`, interval: "100ms", timeout: "10s" },
      // A shop that cannot open is no shop: after five restarts within a minute svc stops the rest and exits with its code.
      maxRestarts: { count: 5, within: "1m" },
      essential: true,
    },

    // Two of them, worker.1 and worker.2. A stop sends SIGTERM; a worker then finishes the job in hand, which takes 1 s.
    worker: {
      command: worker(),
      env: shop,
      instances: 2,
      dependsOn: { migrate: "completed" },
      stop: { timeout: "5s" },
    },

    // Written in TypeScript, right here: a class with run(), in a process of its own. A list of names waits for "ready" where
    // the service has a check.
    customer: {
      service: Customer,
      options: { items: ["teapot", "cup", "saucer", "spoon"] },
      dependsOn: ["web"],
      stop: { timeout: "2s" },
    },

    // Crashes now and then. Restarts wait twice as long each time, and no longer than this; 30 s without a crash start anew.
    flaky: {
      command: flaky(),
      backoff: { initial: "500ms", max: "10s" },
    },
  },
});

/*
 * The other programs. In a project they are files and a command is a line such as "node server.js"; here they stand in the config,
 * so that this one file is all you need. The list form of a command is run as it is, without splitting and without a shell.
 */

/** Makes the folders of the queue; a job is one file, and its folder tells how far it is. */
function migrate(): string[] {
  return node(`
    const fs = require("node:fs");
    for (const folder of ["new", "taken", "done"]) fs.mkdirSync(process.env.SHOP_DATA + "/" + folder, { recursive: true });
    console.log("the queue is " + fs.realpathSync(process.env.SHOP_DATA));
  `);
}

/** Takes orders by POST /orders and puts each into the queue; GET / tells how many wait. */
function web(): string[] {
  return node(`
    const fs = require("node:fs");
    const http = require("node:http");
    const { SHOP_DATA: data, SHOP_PORT: port } = process.env;
    let last = 0;

    const server = http.createServer(async (request, response) => {
      const [status, value] = await answer(request).catch((error) => [400, { error: error.message }]);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    });
    server.listen(port, "127.0.0.1", () => console.log("open on http://127.0.0.1:" + port));
    server.on("error", (error) => {
      console.error("cannot open: " + error.message + " (set SHOP_PORT to another port)");
      process.exitCode = 1;
    });
    process.on("SIGTERM", () => server.close(() => console.log("closed")));

    async function answer(request) {
      const route = request.method + " " + request.url;
      if (route === "GET /healthz") return [200, { ok: true }];
      if (route === "GET /") return [200, { waiting: fs.readdirSync(data + "/new").length }];
      if (route === "POST /orders") return [202, { id: enqueue(await read(request)) }];
      return [404, { error: "no such page" }];
    }

    async function read(request) {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) {
        body += chunk;
        if (body.length > 10_000) throw new Error("too long");
      }
      const { item, count } = JSON.parse(body);
      if (typeof item === "string" && count > 0) return { item, count };
      throw new Error("an order has an item and a count");
    }

    // Written under another name first: a worker never sees half an order. The name sorts by age.
    function enqueue(order) {
      last = Math.max(last + 1, Date.now());
      const name = last.toString(36) + ".json";
      fs.writeFileSync(data + "/" + name, JSON.stringify(order));
      fs.renameSync(data + "/" + name, data + "/new/" + name);
      return last.toString(36);
    }
  `);
}

/** Packs one order after another, the oldest first. */
function worker(): string[] {
  return node(`
    const fs = require("node:fs");
    const { setTimeout: sleep } = require("node:timers/promises");
    const data = process.env.SHOP_DATA;
    const mine = data + "/taken/" + process.env.SVC_INSTANCE;
    let open = true;
    process.on("SIGTERM", () => (open = false));
    main();

    async function main() {
      fs.mkdirSync(mine, { recursive: true });
      // What a killed worker had in hand is still here: no order is lost.
      for (const job of fs.readdirSync(mine)) fs.renameSync(mine + "/" + job, data + "/new/" + job);
      console.log("ready to pack");
      while (open) {
        const job = claim();
        if (job) await pack(job);
        else await sleep(100);
      }
      console.log("going home");
    }

    // A rename succeeds for one worker only; the others find that the file is gone.
    function claim() {
      for (const job of fs.readdirSync(data + "/new").sort()) {
        try {
          fs.renameSync(data + "/new/" + job, mine + "/" + job);
          return job;
        } catch (error) {
          if (error.code !== "ENOENT") throw error;
        }
      }
    }

    async function pack(job) {
      const { count, item } = JSON.parse(fs.readFileSync(mine + "/" + job, "utf8"));
      await sleep(1000);
      fs.renameSync(mine + "/" + job, data + "/done/" + job);
      console.log("packed " + count + " x " + item);
    }
  `);
}

/** Follows the price of tea until it loses the connection. */
function flaky(): string[] {
  return node(`
    console.log("following the price of tea");
    setTimeout(() => {
      console.error("lost the connection");
      process.exit(1);
    }, 1000 + 2000 * Math.random());
  `);
}

function node(source: string): string[] {
  return ["node", "-e", source];
}
