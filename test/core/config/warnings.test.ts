import { describe, expect, test } from "vitest";
import { fleetOf } from "./helper.ts";

const warnings = (services: Record<string, object>, root: object = {}) =>
  fleetOf({ ...root, services: Object.fromEntries(Object.entries(services).map(([name, one]) => [name, { command: "a", ...one }])) })
    .warnings;

describe("the shutdown", () => {
  test("a stop timeout beyond it is named", () => {
    expect(warnings({ web: { stop: { timeout: "30s" } } })).toEqual([
      "services.web.stop.timeout is 30 s, but shutdownTimeout is 9 s: a shutdown kills it then; raise shutdownTimeout, or lower stop.timeout",
    ]);
  });

  test("a chain of stops beyond it is named in one line, dependents first", () => {
    const services = { web: { dependsOn: ["api"] }, api: { dependsOn: ["db", "cache"] }, db: {}, cache: { stop: { timeout: "6s" } } };
    expect(warnings(services)).toEqual([
      "stopping web, then api, then cache can take 16 s, but shutdownTimeout is 9 s: a shutdown kills then; raise shutdownTimeout, or lower stop.timeout",
    ]);
    expect(warnings(services, { shutdownTimeout: "16s" })).toEqual([]);
  });

  test("what had to end before the start is not waited for", () => {
    expect(warnings({ web: { dependsOn: { migrate: "completed", setup: "ended" } }, migrate: {}, setup: {} })).toEqual([]);
  });
});

describe("a restart limit", () => {
  const of = (maxRestarts: object, backoff: object = {}) => warnings({ web: { maxRestarts, backoff } });
  const unreachable = [expect.stringMatching("^services.web.maxRestarts can never be reached: with this backoff")];

  // With the defaults restart 2 comes 1 s after restart 1, then 2, 4, 8 s: five of them span 15 s.
  test("that the backoff makes unreachable is named", () => {
    expect(of({ count: 5, within: "14s" })).toEqual(unreachable);
    expect(of({ count: 5, within: "15s" })).toEqual([]);
    expect(of({ count: 1, within: 0 })).toEqual([]);
  });

  test("can be reached by lives that are just long enough to reset the delay", () => {
    expect(of({ count: 10, within: "20s" }, { resetAfter: "1s" })).toEqual([]);
  });

  test("of any size is looked at without counting up to it", () => {
    expect(of({ count: Number.MAX_SAFE_INTEGER, within: "1h" })).toEqual(unreachable);
    expect(of({ count: Number.MAX_SAFE_INTEGER, within: 1 }, { initial: 0 })).toEqual([]);
  });
});

test("a first delay above the longest one is named", () => {
  expect(warnings({ web: { backoff: { initial: "1m" } } })).toEqual([
    "services.web.backoff.initial is 1 m, but backoff.max is 30 s: every delay is 30 s",
  ]);
});
