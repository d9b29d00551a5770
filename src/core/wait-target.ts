import type { ShownState } from "./row.ts";

/** What `svc wait NAME --for` can wait for: each shown state, and `ready`. */
export const WAIT_TARGETS: readonly string[] = [
  "ready",
  "running",
  "completed",
  "stopped",
  "failed",
  "skipped",
  "starting",
  "waiting",
  "scheduled",
  "unhealthy",
  "stopping",
  "backoff",
];

export type WaitVerdict = "there" | "pending" | "never";

/** `never`: it has ended for good in another way, so that without a new command it cannot come true. */
export function waitVerdict(target: string, row: { readonly state: ShownState; readonly ready: boolean }): WaitVerdict {
  if (target === "ready" ? row.ready : row.state === target) return "there";
  const ended = row.state === "completed" || row.state === "failed" || row.state === "skipped";
  return ended && target !== "stopped" ? "never" : "pending";
}
