import { type Clock, pause } from "../../effects/clock.ts";
import type { Reaper } from "../../effects/spawn/reaper.ts";

/** Longest time for what cannot be killed (it sleeps in the kernel), in milliseconds. */
const BUDGET_MS = 1000;
/** A program that forks and ends its parent, over and over, is hit between two of them only by looking again at once. */
const STRIKES = 20;

/** Orphans of any depth become children of svc, which is a subreaper, when their parents have been killed. */
export async function endOrphans(orphans: Reaper["orphans"], clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + BUDGET_MS;
  while (strike(orphans) && clock.monotonic() < deadline) await pause(clock, 1);
}

/** False when there are none. A child that nobody has waited for keeps its pid, so nobody else is hit. */
function strike(orphans: Reaper["orphans"]): boolean {
  for (let round = 0; round < STRIKES; round += 1) {
    const left = orphans() ?? [];
    if (left.length === 0) return false;
    for (const pid of left) kill(pid);
  }
  return true;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It runs with another user's rights (EPERM).
  }
}
