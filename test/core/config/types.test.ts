import { expect, test } from "vitest";
import type { Duration, ReadyConfig, ServiceConfig } from "../../../src/index.ts";
import { defineConfig } from "../../../src/index.ts";
import { problemsOfService } from "./helper.ts";

/** The compiler reads this file: an expected error that is none is one. What it refuses, the schema refuses too. */

const command = "node server.js";
const http = "http://127.0.0.1:3000/";

const KINDS = ": expected exactly one of command, service, module, got";
const CHECKS = ".ready: expected exactly one of http, tcp, exec, log, message, fd, notify, got";
const PLACES = ".log: expected at most one of file (this file) and dir (a file for each service in it), got both";
/** What is written, and the schema's words on it, after the service's name. */
const REFUSED: readonly (readonly [ServiceConfig, string])[] = [
  // @ts-expect-error Two kinds.
  [{ command, module: "./web.ts" }, `${KINDS} command and module`],
  // @ts-expect-error Two kinds.
  [{ command, service: async () => {} }, `${KINDS} command and service`],
  // @ts-expect-error Two kinds.
  [{ module: "./web.ts", service: async () => {} }, `${KINDS} service and module`],
  // @ts-expect-error No kind.
  [{ cwd: "app" }, `${KINDS} none`],
  // @ts-expect-error Nothing is constructed with them.
  [{ command, options: { port: 1 } }, '.options: goes with "service" or "module" only'],
  // @ts-expect-error Two schedules.
  [{ command, every: "1h", cron: "@daily" }, ": expected at most one of every, cron; got both"],
  // @ts-expect-error Of the other schedule.
  [{ command, every: "1h", timezone: "UTC" }, '.timezone: goes with "cron" only'],
  // @ts-expect-error Of the other schedule.
  [{ command, cron: "@daily", runOnStart: false }, '.runOnStart: goes with "every" only'],
  // @ts-expect-error Two checks.
  [{ command, ready: { http, tcp: 3000 } }, `${CHECKS} http and tcp`],
  // @ts-expect-error Two checks.
  [{ command, ready: { message: true, fd: 3 } }, `${CHECKS} message and fd`],
  // @ts-expect-error No check.
  [{ command, ready: { timeout: "1m" } }, `${CHECKS} none`],
  // @ts-expect-error No answer over HTTP.
  [{ command, ready: { tcp: 3000, status: 200 } }, '.ready: "status" goes with "http" only'],
  // @ts-expect-error No answer over HTTP.
  [{ command, ready: { log: "up", headers: {} } }, '.ready: "headers" goes with "http" only'],
  // @ts-expect-error Two checks.
  [{ command, health: { exec: "true", tcp: 3000 } }, ".health: expected at most one of http, tcp, exec, got tcp and exec"],
  // @ts-expect-error No check.
  [{ command, health: { retries: 1 } }, ".health: expected one of http, tcp, exec, eventLoop; got none"],
  // @ts-expect-error No answer over HTTP.
  [{ module: "./web.ts", health: { eventLoop: "1s", status: 200 } }, '.health: "status" goes with "http" only'],
  // @ts-expect-error Two places.
  [{ command, log: { file: "a", dir: "b" } }, PLACES],
];

test.each(REFUSED)("the types refuse what the schema refuses: %j", (service, problem) => {
  expect(problemsOfService(service)).toEqual([`services.web${problem}`]);
});

/** Without a cast, as a config is written that is put together from parts. */
const isNight: boolean = true;
const every: Duration = "1h";
const ready: ReadyConfig = isNight ? { http, status: [200, 204], timeout: "1m" } : { log: /listening/ };
const base = { cwd: "app", restart: "always" } as const;
const ACCEPTED: readonly ServiceConfig[] = [
  { ...base, command: isNight ? command : ["node", "server.js"], ready },
  { ...base, command, ...(isNight && { every: "1h", overlap: "queue", ready }) },
  { ...base, command, ...(isNight ? { every } : { cron: "@daily", timezone: "UTC" }) },
  { service: async ({ log, sleep }) => log(`${await sleep("1s")}`), every, runOnStart: false, health: { eventLoop: "1s" } },
  {
    service: class {
      run() {}
    },
    options: { port: 1 },
    health: { http, headers: { a: "b" }, eventLoop: "1s", onFailure: "ignore" },
  },
  { service: { run: ({ instance, signal }) => instance.toFixed() + String(signal.aborted) }, log: { dir: "logs", maxSize: "1M" } },
  { module: "./web.ts", options: 1, ...(isNight && { log: { file: "web.log" } }) },
];

test.each(ACCEPTED)("the types take what the schema takes: %o", (service) => {
  expect(problemsOfService(service)).toEqual([]);
});

test("a config may be an object, a promise, or a function of either", () => {
  const config = { services: Object.fromEntries(ACCEPTED.map((service, index) => [`s${index}`, service])) };
  for (const source of [config, Promise.resolve(config), () => config, async () => config]) expect(defineConfig(source)).toBe(source);
});
