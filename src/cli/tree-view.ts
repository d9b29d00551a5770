import { escapeControls } from "../core/escape.ts";
import type { ShownState } from "../core/row.ts";
import { needText, serviceTree, statesText, worstState } from "../core/service-tree.ts";
import type { GraphNode } from "../core/status.ts";
import { renderTable } from "./table.ts";

const HEADER = ["NAME", "STATE", "NEEDED AS"];

/** What nothing depends on stands to the left, and what it depends on below it. */
export function treeView(graph: readonly GraphNode[], paint: (state: ShownState) => (text: string) => string): string {
  return renderTable(
    HEADER,
    serviceTree(graph).map(({ branch, service, states, need, repeated }) => [
      { text: branch + escapeControls(service) + (repeated ? " (see above)" : "") },
      { text: statesText(states), paint: paint(worstState(states)) },
      { text: need === null ? "" : needText(need) },
    ]),
  );
}
