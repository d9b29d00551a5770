import { expect, it } from "vitest";
import { shownState } from "../../../src/core/machine/shown.ts";
import { cells, SAMPLES } from "./table.ts";

/** One line a state; as Biome would write it. */
function print(transitions: ReadonlyMap<string, ReadonlySet<string>>): string {
  const list = (states: ReadonlySet<string>) => [...states].map((state) => JSON.stringify(state)).join(", ");
  const lines = [...transitions].map(([from, states]) => `  ${JSON.stringify(from)}: [${list(states)}]`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

it("the transitions that show from outside are those that the storm and the chaos rounds allow", async () => {
  const transitions = new Map<string, Set<string>>();
  for (const { from, step } of SAMPLES.flatMap(cells)) {
    const [before, after] = [shownState(from), shownState(step.state)];
    const known = transitions.get(before) ?? new Set();
    transitions.set(before, before === after ? known : known.add(after));
  }
  await expect(print(transitions)).toMatchFileSnapshot("../../chaos/transitions.json");
});
