import { expect, test } from "vitest";
import { type PlanFacts, planReload } from "../../src/core/plan.ts";
import { fleetOf } from "./config/helper.ts";

const FACTS: PlanFacts = { stale: new Set(), isWanted: () => true, counts: () => ({ has: 1, gets: 1 }) };

function plan(before: object, after: object, facts: Partial<PlanFacts> = {}) {
  const config = (web: object) => fleetOf({ services: { web: { command: "node server.js", ...web } } });
  return planReload(config(before), config(after), { ...FACTS, ...facts });
}

test("what shapes the process is a restart, and anything else a change in place", () => {
  for (const key of [
    { command: "true" },
    { cwd: "sub" },
    { env: { A: 1 } },
    { envFile: "a.env" },
    { portBase: 80 },
    { ready: { fd: 3 } },
    { secret: ["KEY"] },
  ]) {
    expect(plan({}, key), JSON.stringify(key)).toMatchObject({ restarted: ["web"], changed: [], unchanged: [] });
  }
  for (const key of [
    { restart: "always" },
    { stop: { timeout: 1 } },
    { ready: { exec: "true" } },
    { watch: ["src"] },
    { essential: true },
  ]) {
    expect(plan({}, key), JSON.stringify(key)).toMatchObject({ restarted: [], changed: ["web"], unchanged: [] });
  }
  expect(plan({}, { restart: "on-failure", env: {} })).toMatchObject({ restarted: [], changed: [], unchanged: ["web"] });
});

test("nobody is told of a restart where nothing runs that could be restarted", () => {
  expect(plan({}, { command: "true" }, { isWanted: () => false })).toMatchObject({ restarted: [], changed: ["web"] });
});

test("a process with another environment than a start would give is restarted", () => {
  const stale = new Set(["web"]);
  expect(plan({}, {}, { stale })).toMatchObject({ restarted: ["web"], unchanged: [] });
  expect(plan({}, {}, { stale, isWanted: () => false })).toMatchObject({ restarted: [], unchanged: ["web"] });
});

test("another number of instances is named, and says all where nothing else has changed", () => {
  const counts = () => ({ has: 2, gets: 3 });
  expect(plan({ instances: 2 }, { instances: 3 }, { counts })).toMatchObject({ scaled: ["web=3"], changed: [], restarted: [] });
  expect(plan({ instances: 2 }, { instances: 3, watch: ["src"] }, { counts })).toMatchObject({ scaled: ["web=3"], changed: ["web"] });
  expect(plan({ instances: 2 }, { instances: 3, cwd: "sub" }, { counts })).toMatchObject({ scaled: ["web=3"], restarted: ["web"] });
  expect(plan({}, { instances: 1 }), "it gets a number in its name").toMatchObject({ scaled: [], changed: ["web"] });
});

test("so is what has changed for all services", () => {
  const services = { web: { command: "true" } };
  const change = (more: object) => planReload(fleetOf({ services }), fleetOf({ services, ...more }), FACTS).forAll;
  expect(change({})).toEqual([]);
  expect(change({ shutdownTimeout: "1m" })).toEqual(["shutdownTimeout"]);
  expect(change({ log: { format: "json" }, envFile: ["a.env"] })).toEqual(["envFile", "log"]);
});
