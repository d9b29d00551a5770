import type { Row } from "./row.ts";

/** What `svc wait NAME --for` can wait for: each shown state, `ready` and `healthy`. */
export const WAIT_TARGETS: readonly string[] = [
  "ready",
  "healthy",
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
export function waitVerdict(target: string, row: Pick<Row, "state" | "ready" | "healthy">): WaitVerdict {
  if (isThere(target, row)) return "there";
  const ended = row.state === "completed" || row.state === "failed" || row.state === "skipped";
  return ended && target !== "stopped" ? "never" : "pending";
}

/** What is unhealthy is often stopped at once, so the verdict counts, and not the state alone. */
function isThere(target: string, { state, ready, healthy }: Pick<Row, "state" | "ready" | "healthy">): boolean {
  switch (target) {
    case "ready":
      return ready;
    case "healthy":
      return healthy === true;
    case "unhealthy":
      return healthy === false;
    default:
      return state === target;
  }
}
