import { formatDuration } from "./duration.ts";
import type { Event, State } from "./machine/state.ts";

/**
 * svc's own words about a transition, or null where there is nothing to say. Built from what was observed: `stopped` is
 * said when nothing of the tree is left, not when the stop was asked.
 */
export function announce(name: string, before: State, after: State, event: Event): string | null {
  const was = before.phase.tag;
  const is = after.phase;
  switch (is.tag) {
    case "starting":
      return was === "starting" ? null : `${name} started (pid ${is.pid})`;
    case "running":
      if (was === "starting") return `${name} is ready`;
      if (was === "unhealthy") return event.type === "checked" ? `${name} is healthy again` : null;
      return was === "running" ? null : `${name} started (pid ${is.pid})`;
    case "unhealthy":
      return was === "unhealthy" ? null : `${name} is unhealthy: ${is.reason}`;
    case "stopping":
      return whileStopping(name, before, after, event);
    case "backoff":
      return was === "backoff" ? null : `${name} ${reason(after)}, restarting in ${formatDuration(delay(after, event))}`;
    case "completed":
      return `${name} ${reason(after)}, completed`;
    case "failed":
      return was === "failed" ? null : `${name} failed: ${after.gaveUp ?? reason(after)}`;
    case "skipped":
      return was === "skipped" ? null : `${name} skipped: ${after.gaveUp}`;
    case "stopped":
      return was === "cleaning" ? `${name} stopped (${reason(after)})` : null;
    case "waiting":
      return was === "cleaning" ? `${name} stopped (${reason(after)}), starting again` : null;
    case "scheduled":
      return was === "cleaning" ? `${name} ${reason(after)}` : null;
    case "spawning":
    case "cleaning":
      return null;
  }
}

function whileStopping(name: string, before: State, after: State, event: Event): string | null {
  if (after.phase.tag !== "stopping") return null;
  if (after.phase.killed) return killing(name, before, after.phase, event);
  if (before.phase.tag === "stopping") return null;
  const why = after.phase.after.next === "crash" ? ` (${after.phase.after.reason})` : "";
  return `stopping ${name}${why}`;
}

function killing(name: string, before: State, phase: { readonly pid: number; readonly timeoutMs: number }, event: Event): string | null {
  const again = before.phase.tag === "stopping" && before.phase.killed;
  if (again && event.type !== "elapsed") return null;
  if (again) return `${name} (pid ${phase.pid}) has not ended on SIGKILL; sending it again`;
  return phase.timeoutMs === 0 ? `killing ${name}` : `killing ${name}: it did not stop in ${formatDuration(phase.timeoutMs)}`;
}

function reason(state: State): string {
  return state.lastExit?.reason ?? "ended";
}

function delay(state: State, event: Event): number {
  return Math.max(0, (state.nextStartAt ?? event.at) - event.at);
}
