import { describe, expect, it } from "vitest";
import {
  type Cell,
  cells,
  HEALTH_IGNORED,
  POLICY,
  printEffect,
  printEvent,
  printMemory,
  printPhase,
  WITH_HEALTH,
  WITH_READY,
  WITH_SCHEDULE,
} from "./table.ts";

/** One line a cell: `from × event → the whole next state | what changed beside the phase | effects`. A cell that changes nothing is not printed. */
function print(table: readonly Cell[]): string {
  const lines = table.filter(changes).map(({ from, event, step }) => {
    const effects = step.effects.map(printEffect).join(", ");
    const parts = [printPhase(step.state.phase), printMemory(from, step.state), effects].filter((part) => part !== "");
    return `${printPhase(from.phase)} × ${printEvent(event)} → ${parts.join(" | ")}`;
  });
  return `${lines.join("\n")}\n`;
}

function changes({ from, step }: Cell): boolean {
  return step.effects.length > 0 || JSON.stringify(step.state) !== JSON.stringify(from);
}

describe("the whole state × event table", () => {
  it("is the reviewed one, without a readiness check", async () => {
    await expect(print(cells(POLICY))).toMatchFileSnapshot("./grid.txt");
  });

  it.each([
    ["a readiness check", WITH_READY, POLICY, "./grid-ready.txt"],
    ["a process for each run of a schedule", WITH_SCHEDULE, POLICY, "./grid-schedule.txt"],
    ["health checks", WITH_HEALTH, POLICY, "./grid-health.txt"],
    ["health checks whose failures are ignored", HEALTH_IGNORED, WITH_HEALTH, "./grid-health-ignored.txt"],
  ])("is the reviewed one, with %s", async (_, policy, base, file) => {
    const plain = cells(base);
    const differing = cells(policy).filter((cell, index) => JSON.stringify(cell.step) !== JSON.stringify(plain[index]?.step));
    await expect(print(differing)).toMatchFileSnapshot(file);
  });
});
