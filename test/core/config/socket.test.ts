import { describe, expect, test } from "vitest";
import { planReload } from "../../../src/core/plan.ts";
import { fleetOf, problemsOf, problemsOfService, serviceOf } from "./helper.ts";

const command = "node server.js";
const socket = { port: 3000 };

test("is a port, with a host if only one address is meant", () => {
  expect(serviceOf({ socket: 3000 }).socket).toEqual({ host: null, port: 3000 });
  expect(serviceOf({ socket }).socket).toEqual({ host: null, port: 3000 });
  expect(serviceOf({ socket: { port: 80, host: "::1" } }).socket).toEqual({ host: "::1", port: 80 });
});

describe("is refused with its place, the value and the cure", () => {
  test.each([
    [0, 'services.web.socket: expected a port (1 to 65535), or an object such as { port: 3000, host: "127.0.0.1" }, got 0'],
    ["3000", 'services.web.socket: expected a port (1 to 65535), or an object such as { port: 3000, host: "127.0.0.1" }, got "3000"'],
    [{ port: 70_000 }, "services.web.socket.port: expected a port (a whole number, 1 to 65535), got 70000"],
    [{ host: "::1" }, "services.web.socket.port: missing; expected a port (a whole number, 1 to 65535)"],
    [{ port: 1, hots: "::1" }, 'services.web.socket.hots: unknown key; did you mean "host"?'],
    [
      { port: 1, host: "http://a" },
      'services.web.socket.host: expected an address or a name, without a port, such as "127.0.0.1", "::1" or "localhost", got "http://a"',
    ],
    [
      { port: 1, host: "localhost:3000" },
      'services.web.socket.host: expected an address or a name, without a port, such as "127.0.0.1", "::1" or "localhost", got "localhost:3000"',
    ],
  ])("%j", (written, problem) => {
    expect(problemsOfService({ command, socket: written })).toEqual([problem]);
  });

  test("a ready descriptor that is the socket's own", () => {
    expect(problemsOfService({ command, socket, ready: { fd: 3 } })).toEqual([
      "services.web.ready.fd: descriptor 3 is the socket (sd_listen_fds(3)); use 4 or more",
    ]);
    expect(problemsOfService({ command, socket, ready: { fd: 4 } })).toEqual([]);
    expect(problemsOfService({ command, ready: { fd: 3 } })).toEqual([]);
  });

  test("a TCP check of the service's own socket, which svc itself would pass", () => {
    expect(problemsOfService({ command, socket, ready: { tcp: 3000 } })).toEqual([
      "services.web.ready.tcp: port 3000 is the service's own socket, on which svc listens: it answers whatever the service does; use http, exec, message or fd",
    ]);
    expect(problemsOfService({ command, socket, ready: { tcp: 3001 } })).toEqual([]);
    expect(problemsOfService({ command, socket, ready: { tcp: "db:3000" } })).toEqual([]);
  });

  test("a port that another service has", () => {
    const of = (api: object, web: object) => problemsOf({ services: { api: { command, socket: api }, web: { command, socket: web } } });
    expect(of(socket, { port: 3000, host: "::1" })).toEqual([
      'services.web.socket: [::1]:3000 is taken by the socket of "api"; choose another port or host',
    ]);
    expect(of({ port: 3000, host: "127.0.0.1" }, { port: 3000, host: "127.0.0.2" })).toEqual([]);
  });
});

test("an HTTP check that any instance may answer is warned of", () => {
  const warnings = (web: object) => fleetOf({ services: { web: { command, socket, ...web } } }).warnings;
  const ready = { http: "http://127.0.0.1:3000/healthz" };
  expect(warnings({ ready, instances: 2 })).toEqual([
    "services.web.ready.http asks port 3000, where any of the 2 instances may answer; message or fd speak for one",
  ]);
  expect(warnings({ health: ready, instances: 2 })).toEqual([
    "services.web.health.http asks port 3000, where any of the 2 instances may answer; exec or eventLoop can speak for one",
  ]);
  expect(warnings({ ready })).toEqual([]);
  expect(warnings({ ready: { http: "http://127.0.0.1/" }, instances: 2 })).toEqual([]);
});

test("a change of it makes another process", () => {
  const web = (keys: object) => fleetOf({ services: { web: { command: "node server.js", ...keys } } });
  const facts = { stale: new Set<string>(), isWanted: () => true, counts: () => ({ has: 1, gets: 1 }) };
  const plan = (before: object, after: object) => planReload(web(before), web(after), facts);
  expect(plan({ socket: 3000 }, { socket: 3001 })).toMatchObject({ restarted: ["web"] });
  expect(plan({ socket: 3000 }, {})).toMatchObject({ restarted: ["web"] });
  expect(plan({ socket: 3000 }, { socket })).toMatchObject({ unchanged: ["web"] });
});
