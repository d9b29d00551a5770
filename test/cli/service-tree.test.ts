import { describe, expect, it } from "vitest";
import { treeView } from "../../src/cli/tree-view.ts";
import type { ShownState } from "../../src/core/row.ts";
import { serviceTree, statesText, worstState } from "../../src/core/service-tree.ts";
import type { GraphNode, Need } from "../../src/core/status.ts";

const need = (service: string, more: Partial<Need> = {}): Need => ({
  service,
  condition: "started",
  met: true,
  reason: null,
  states: [],
  ...more,
});
const node = (service: string, dependsOn: readonly Need[] = [], states: readonly ShownState[] = ["running"]): GraphNode => ({
  service,
  states,
  dependsOn,
});
const names = (graph: readonly GraphNode[]): string[] =>
  serviceTree(graph).map(({ branch, service, repeated }) => `${branch}${service}${repeated ? " (see above)" : ""}`);

describe("the tree of services", () => {
  it("begins with what nothing depends on, and has below each what it depends on, in the order of the config", () => {
    const graph = [
      node("db"),
      node("migrate", [need("db")]),
      node("web", [need("migrate"), need("db")]),
      node("mail"),
      node("worker", [need("web")]),
    ];
    expect(names(graph)).toEqual(["mail", "worker", "└─ web", "   ├─ migrate", "   │  └─ db", "   └─ db"]);
  });

  it("unfolds what many depend on once, so that it is never longer than the graph", () => {
    // Each layer depends on both of the one below: 2^20 paths.
    const layers = Array.from({ length: 20 }, (_, level) => [`a${level}`, `b${level}`]);
    const graph = layers.flatMap((layer, level) =>
      layer.map((name) =>
        node(
          name,
          (layers[level - 1] ?? []).map((below) => need(below)),
        ),
      ),
    );
    expect(serviceTree(graph)).toHaveLength(2 + 19 * 4);
    expect(names([node("db", [need("disk")]), node("disk"), node("a", [need("db")]), node("b", [need("db")])])).toEqual([
      "a",
      "└─ db",
      "   └─ disk",
      "b",
      "└─ db (see above)",
    ]);
  });

  it("tells each state, and each condition with whether it is met, is not yet, or cannot be", () => {
    const graph = [
      node("db", [], ["running", "backoff"]),
      node("migrate", [], ["failed"]),
      node("queue", [], []),
      node(
        "web",
        [
          need("db", { condition: "ready", met: false }),
          need("migrate", { condition: "completed", met: false, reason: "x" }),
          need("queue"),
        ],
        ["waiting"],
      ),
    ];
    const view = treeView(graph, (state) => (text) => `<${state}>${text}</>`);
    expect(view.split("\n")).toEqual([
      "NAME        STATE                 NEEDED AS",
      "web         <waiting>waiting</>",
      "├─ db       <backoff>1 running, 1 backoff</>  ready (not yet)",
      "├─ migrate  <failed>failed</>                completed (cannot be)",
      "└─ queue    <stopped>no instances</>          started",
    ]);
  });
});

it("several instances are counted by state, and coloured by the worst", () => {
  expect(statesText([])).toBe("no instances");
  expect(statesText(["running"])).toBe("running");
  expect(statesText(["running", "stopping", "running"])).toBe("2 running, 1 stopping");
  expect(worstState(["running", "failed", "backoff"])).toBe("failed");
});
