import { expect, test } from "vitest";
import { fleetOf, serviceOf } from "./helper.ts";

test("every default of the contract is filled in", () => {
  expect(fleetOf({ services: { web: { command: "node server.js" } } })).toEqual({
    file: "/app/services.ts",
    folder: "/app",
    shutdownTimeoutMs: 9000,
    logFormat: null,
    ownLog: null,
    envFiles: [{ path: "/app/.env", optional: true }],
    warnings: [],
    services: [
      {
        name: "web",
        work: { kind: "command", command: { argv: ["node", "server.js"], text: "node server.js", shell: false } },
        options: null,
        cwd: "/app",
        env: [],
        envFiles: [],
        instances: null,
        portBase: null,
        autostart: true,
        dependsOn: [],
        ready: null,
        health: null,
        restart: "on-failure",
        successExitCodes: [0],
        backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0.1, resetAfterMs: 30_000 },
        maxRestarts: null,
        stop: { signal: "SIGTERM", timeoutMs: 5000, target: "group", command: null, tree: true },
        essential: false,
        restartDependents: false,
        watch: [],
        user: null,
        group: null,
        umask: null,
        nice: null,
        limits: [],
        secret: [],
        log: null,
        socket: null,
        schedule: null,
        overlap: "skip",
        runTimeoutMs: null,
      },
    ],
  });
});

test("what is written takes the place of the defaults", () => {
  const spec = serviceOf({
    cwd: "sub",
    env: { PORT: 3000, DEBUG: null, ON: true, TEXT: "" },
    envFile: ["a.env", "/etc/b.env"],
    instances: 2,
    portBase: 3000,
    autostart: false,
    restart: "always",
    successExitCodes: [0, 130],
    backoff: { initial: 0, max: "1m" },
    maxRestarts: { count: 5, within: "1m" },
    stop: { signal: "SIGINT", timeout: "2s", target: "main", command: ["node", "stop.js"], tree: false },
    essential: true,
    restartDependents: true,
  });
  expect(spec).toMatchObject({
    cwd: "/app/sub",
    env: [
      ["PORT", "3000"],
      ["DEBUG", null],
      ["ON", "true"],
      ["TEXT", ""],
    ],
    envFiles: [
      { path: "/app/a.env", optional: false },
      { path: "/etc/b.env", optional: false },
    ],
    instances: 2,
    portBase: 3000,
    autostart: false,
    restart: "always",
    successExitCodes: [0, 130],
    backoff: { initialMs: 0, factor: 2, maxMs: 60_000, jitter: 0.1, resetAfterMs: 30_000 },
    maxRestarts: { count: 5, withinMs: 60_000 },
    stop: { signal: "SIGINT", timeoutMs: 2000, target: "main", tree: false },
    essential: true,
    restartDependents: true,
  });
  expect(spec.stop.command?.argv).toEqual(["node", "stop.js"]);
});

test("a key that is undefined counts as left out", () => {
  expect(serviceOf({ cwd: undefined, stop: { command: undefined }, env: { A: undefined }, nonsense: undefined })).toEqual(serviceOf({}));
});

test("one path may stand for a list of one", () => {
  expect(serviceOf({ envFile: ".env.web" }).envFiles).toEqual([{ path: "/app/.env.web", optional: false }]);
});

test("a root envFile replaces the default and must be there", () => {
  const services = { web: { command: "node a" } };
  expect(fleetOf({ envFile: [".env.shared"], services }).envFiles).toEqual([{ path: "/app/.env.shared", optional: false }]);
  expect(fleetOf({ envFile: [], services }).envFiles).toEqual([]);
});

test.each([
  [{ http: "http://localhost/x" }, { kind: "http", url: "http://localhost/x", status: [200, 399], headers: [] }],
  [
    { http: "https://a/", status: 204, headers: { "X-A": "b" } },
    { kind: "http", url: "https://a/", status: [204, 204], headers: [["X-A", "b"]] },
  ],
  [
    { http: "http://a/", status: [200, 204] },
    { kind: "http", url: "http://a/", status: [200, 204], headers: [] },
  ],
  [{ tcp: 3000 }, { kind: "tcp", host: "127.0.0.1", port: 3000 }],
  [{ tcp: "3000" }, { kind: "tcp", host: "127.0.0.1", port: 3000 }],
  [{ tcp: "db.local:5432" }, { kind: "tcp", host: "db.local", port: 5432 }],
  [{ tcp: "[::1]:80" }, { kind: "tcp", host: "::1", port: 80 }],
  [{ exec: "pg_isready" }, { kind: "exec", command: { argv: ["pg_isready"], text: "pg_isready", shell: false } }],
  [{ log: "listening" }, { kind: "log", text: "listening" }],
  [{ log: /on port \d+/giy }, { kind: "log-pattern", source: "on port \\d+", flags: "i" }],
  [{ fd: 3 }, { kind: "fd", fd: 3 }],
])("ready %j becomes a probe", (ready, probe) => {
  expect(serviceOf({ ready }).ready).toEqual({ probe, intervalMs: 500, tryTimeoutMs: 2000, timeoutMs: 30_000 });
});

test("a list of dependencies means ready where there is a check, else started", () => {
  const fleet = fleetOf({
    services: {
      web: { command: "a", dependsOn: ["db", "cache"] },
      api: { command: "a", dependsOn: { db: "started", migrate: "completed" } },
      db: { command: "a", ready: { tcp: 1 } },
      cache: { command: "a" },
      migrate: { command: "a", restart: "never" },
    },
  });
  expect(fleet.services[0]!.dependsOn).toEqual([
    { service: "db", condition: "ready" },
    { service: "cache", condition: "started" },
  ]);
  expect(fleet.services[1]!.dependsOn).toEqual([
    { service: "db", condition: "started" },
    { service: "migrate", condition: "completed" },
  ]);
});

test("services and variables may be called like properties that every object has", () => {
  const raw = JSON.parse(
    '{"services":{"constructor":{"command":"a","env":{"__proto__":"x","constructor":"y"}},"toString":{"command":"b"}}}',
  );
  const { services } = fleetOf(raw);
  expect(services.map(({ name }) => name)).toEqual(["constructor", "toString"]);
  expect(services[0]!.env).toEqual([
    ["__proto__", "x"],
    ["constructor", "y"],
  ]);
});

test("an inline service is labelled by what it is called, and one without a name of its own by its key", () => {
  class Heartbeat {
    run() {}
  }
  const labelOf = (service: unknown) => fleetOf({ services: { web: { service } } }).services[0]?.work;
  expect(labelOf(Heartbeat)).toMatchObject({ label: "Heartbeat" });
  expect(labelOf(new Heartbeat())).toMatchObject({ label: "Heartbeat" });
  // JavaScript names such a function after the property: "service".
  const { service } = { service: () => new Heartbeat() };
  expect(labelOf(service)).toMatchObject({ label: "web" });
  expect(labelOf({ run: () => {} })).toMatchObject({ label: "web" });
});
