import { cells, printEvent, SAMPLES } from "./table.ts";

/** The transitions of the table as a Mermaid diagram: phases by name, the events that lead from one to another on the arrow. */
export function diagram(): string {
  const arrows = new Map<string, Set<string>>();
  for (const { from, event, step } of SAMPLES.flatMap(cells)) {
    const [before, after] = [from.phase.tag, step.state.phase.tag];
    if (before === after) continue;
    const arrow = `${before} --> ${after}`;
    arrows.set(arrow, (arrows.get(arrow) ?? new Set()).add(short(printEvent(event))));
  }
  const lines = [...arrows].map(([arrow, events]) => `  ${arrow}: ${[...events].join(", ")}`);
  return ["```mermaid", "stateDiagram-v2", "  [*] --> stopped", ...lines, "```"].join("\n");
}

/** Two events of one kind that lead the same way are one word. */
function short(event: string): string {
  return event.replace(/ within \d+$/, "");
}
