import { expect, test } from "vitest";
import { unwell } from "../../../src/supervisor/report/rows.ts";
import type { Unit } from "../../../src/supervisor/unit/unit.ts";

const unitIn = (phase: object): Unit =>
  ({ name: "web", spec: { schedule: null, work: { kind: "command" } }, state: { phase, gaveUp: null, lastExit: null } }) as unknown as Unit;

test("svc health says why a service that runs is not well yet", () => {
  expect(unwell(unitIn({ tag: "running" }), false)).toBe("web is running, but not for 1 s yet");
  expect(unwell(unitIn({ tag: "running" }), true)).toBe(null);
  expect(unwell(unitIn({ tag: "starting" }), false)).toBe("web is starting");
});
