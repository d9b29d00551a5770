import type { ShownState } from "./row.ts";
import type { GraphNode, Need } from "./status.ts";

/** One line of the tree of services. */
export interface TreeLine {
  /** The branches before the name. */
  readonly branch: string;
  readonly service: string;
  readonly states: readonly ShownState[];
  /** The edge that leads here; null at a root. */
  readonly need: Need | null;
  /** What it depends on stands further up. */
  readonly repeated: boolean;
}

/** A tree for each service that nothing depends on, with what it depends on below it; what many depend on is unfolded once. */
export function serviceTree(graph: readonly GraphNode[]): TreeLine[] {
  const nodes = new Map(graph.map((node) => [node.service, node]));
  const needed = new Set(graph.flatMap((node) => node.dependsOn.map(({ service }) => service)));
  const unfolded = new Set<string>();
  const lines: TreeLine[] = [];
  const visit = (node: GraphNode, need: Need | null, branch: string, indent: string): void => {
    const { service, states, dependsOn } = node;
    const repeated = unfolded.has(service) && dependsOn.length > 0;
    lines.push({ branch, service, states, need, repeated });
    if (repeated) return;
    unfolded.add(service);
    for (const [index, below] of dependsOn.entries()) {
      const isLast = index === dependsOn.length - 1;
      const next = nodes.get(below.service);
      if (next !== undefined) visit(next, below, `${indent}${isLast ? "└─ " : "├─ "}`, `${indent}${isLast ? "   " : "│  "}`);
    }
  };
  for (const node of graph) if (!needed.has(node.service)) visit(node, null, "", "");
  return lines;
}

/** `running`, or where there are several `2 running, 1 backoff`. */
export function statesText(states: readonly ShownState[]): string {
  if (states.length === 0) return "no instances";
  if (states.length === 1) return states[0]!;
  return [...new Set(states)].map((state) => `${states.filter((one) => one === state).length} ${state}`).join(", ");
}

const WORST_FIRST: readonly ShownState[] = [
  "failed",
  "unhealthy",
  "skipped",
  "backoff",
  "stopping",
  "waiting",
  "starting",
  "stopped",
  "scheduled",
  "running",
  "completed",
];

/** The state that decides how all of them are coloured. */
export function worstState(states: readonly ShownState[]): ShownState {
  return WORST_FIRST.find((state) => states.includes(state)) ?? "stopped";
}

/** `ready`, and where it is not met whether it still can be. */
export function needText({ condition, met, reason }: Need): string {
  return met ? condition : `${condition} (${reason === null ? "not yet" : "cannot be"})`;
}
