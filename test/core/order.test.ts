import { describe, expect, it } from "vitest";
import { conditionVerdict, dependencyVerdict, dependents, mayStop, type Standing, withDependencies } from "../../src/core/order.ts";
import type { ShownState } from "../../src/core/row.ts";
import type { Condition } from "../../src/core/spec.ts";

const standing = (state: ShownState, extra: Partial<Standing> = {}): Standing => ({
  name: "db",
  state,
  ready: state === "running",
  healthy: null,
  ...extra,
});

describe("a condition", () => {
  const met: Readonly<Record<Condition, readonly ShownState[]>> = {
    started: ["starting", "running", "unhealthy", "completed", "scheduled"],
    ready: ["running"],
    healthy: [],
    completed: ["completed"],
    ended: ["completed", "failed"],
  };
  const failed: Readonly<Record<Condition, readonly ShownState[]>> = {
    started: ["failed", "skipped"],
    ready: ["failed", "skipped", "completed"],
    healthy: ["failed", "skipped", "completed"],
    completed: ["failed", "skipped"],
    ended: ["skipped"],
  };
  const states: readonly ShownState[] = [
    "stopped",
    "waiting",
    "scheduled",
    "starting",
    "running",
    "unhealthy",
    "stopping",
    "backoff",
    "completed",
    "failed",
    "skipped",
  ];
  const rows = (Object.keys(met) as Condition[]).flatMap((condition) => states.map((state) => [condition, state] as const));

  it.each(rows)("%s on one that is %s", (condition, state) => {
    const expected = met[condition].includes(state) ? "met" : failed[condition].includes(state) ? "failed" : "pending";
    expect(conditionVerdict(condition, standing(state)).is).toBe(expected);
  });

  it("healthy is met by a verdict, not by the lack of one", () => {
    expect(conditionVerdict("healthy", standing("running", { healthy: true })).is).toBe("met");
    expect(conditionVerdict("healthy", standing("running", { healthy: null })).is).toBe("pending");
  });

  it("must hold on every instance", () => {
    const both = (second: ShownState) => () => [standing("running"), standing(second)];
    const dependsOn = [{ service: "db", condition: "ready" }] as const;
    expect(dependencyVerdict(dependsOn, both("running")).is).toBe("met");
    expect(dependencyVerdict(dependsOn, both("backoff")).is).toBe("pending");
    expect(dependencyVerdict(dependsOn, both("failed"))).toEqual({ is: "failed", reason: "db failed" });
  });

  it("of a dependency that restarts is waited for, not failed", () => {
    expect(conditionVerdict("ready", standing("backoff")).is).toBe("pending");
  });
});

describe("the graph", () => {
  const services = [
    { name: "db", dependsOn: [] },
    { name: "api", dependsOn: [{ service: "db", condition: "ready" }] },
    { name: "web", dependsOn: [{ service: "api", condition: "ready" }] },
    { name: "cron", dependsOn: [] },
  ] as const;

  it("starting one brings what it depends on, however deep, and nothing else", () => {
    expect([...withDependencies(["web"], new Map(services.map((one) => [one.name, one])))].sort()).toEqual(["api", "db", "web"]);
  });

  it("one may stop once its dependents are down, and not before", () => {
    const map = dependents(services);
    expect(mayStop("db", map, (service) => service !== "api")).toBe(false);
    expect(mayStop("db", map, () => true)).toBe(true);
    expect(mayStop("cron", map, () => false)).toBe(true);
  });
});
