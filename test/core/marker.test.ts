import { expect, test } from "vitest";
import { markerName, onlyMarkers, withoutMarkers } from "../../src/core/marker.ts";

test("the name of the marker belongs to the supervisor's life", () => {
  expect(markerName("k3x9")).toBe("SVC_TREE_k3x9");
});

test("a detached supervisor drops the markers of all supervisors above it, and nothing else", () => {
  const env = { SVC_TREE_a: "web", SVC_TREE_b: "job", SVC_SOCKET: "/s", PATH: "/bin", NO_SVC_TREE_: "1" };
  expect(withoutMarkers(env)).toEqual({ SVC_SOCKET: "/s", PATH: "/bin", NO_SVC_TREE_: "1" });
});

test("what belongs to the same services as svc itself carries their markers, and nothing else of svc's environment", () => {
  expect(onlyMarkers({ SVC_TREE_a: "web", SVC_TREE_b: undefined, TOKEN: "x", NO_SVC_TREE_: "1" })).toEqual({ SVC_TREE_a: "web" });
});
