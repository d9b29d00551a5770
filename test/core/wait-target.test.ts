import { expect, test } from "vitest";
import { waitVerdict } from "../../src/core/wait-target.ts";

const running = { state: "running", ready: true, healthy: null } as const;

test("a state is there when it is shown", () => {
  expect(waitVerdict("running", running)).toBe("there");
  expect(waitVerdict("stopped", running)).toBe("pending");
});

test("healthy and unhealthy are verdicts: neither is there before one", () => {
  expect(waitVerdict("healthy", running)).toBe("pending");
  expect(waitVerdict("unhealthy", running)).toBe("pending");
  expect(waitVerdict("healthy", { ...running, healthy: true })).toBe("there");
  expect(waitVerdict("unhealthy", { ...running, healthy: true })).toBe("pending");
  expect(waitVerdict("unhealthy", { ...running, state: "unhealthy", healthy: false })).toBe("there");
});

test("unhealthy is there while what is unhealthy is being stopped", () => {
  expect(waitVerdict("unhealthy", { ...running, state: "stopping", healthy: false })).toBe("there");
});

test("what has ended for good will not come", () => {
  const completed = { state: "completed", ready: false, healthy: null } as const;
  expect(["healthy", "unhealthy", "ready", "running"].map((target) => waitVerdict(target, completed))).toEqual(Array(4).fill("never"));
  expect(waitVerdict("stopped", completed)).toBe("pending");
});
