import { SvcError } from "../../core/errors.ts";
import { type FleetContext, unitsOf } from "../fleet/fleet.ts";
import { waitUntilUp } from "../fleet/waits.ts";
import type { Unit } from "../unit/unit.ts";

/**
 * A file that a service is watched for has changed: its instances are restarted one at a time, the next when the last is up. A
 * roll that is going on ends, because what it has restarted is old again. Without a delay, and not counted: it is the user's wish.
 */
export function restartChanged(fleet: FleetContext, rolls: Map<string, AbortController>, service: string, change: string): void {
  rolls.get(service)?.abort();
  const units = unitsOf(fleet, service).filter(isWanted);
  if (units.length === 0) return;
  fleet.world.logs.say(`${service}: ${change}, restarting`, units[0]!.log);
  const over = new AbortController();
  rolls.set(service, over);
  void roll(fleet, units, over.signal);
}

/** Ends at the first that does not get up; what is wrong has been said then, and the next change tries again. */
async function roll(fleet: FleetContext, units: readonly Unit[], signal: AbortSignal): Promise<void> {
  for (const unit of units) {
    if (signal.aborted || fleet.fleet.tag !== "up" || !isWanted(unit)) return;
    unit.feed({ type: "restart", at: fleet.world.clock.now() });
    try {
      await waitUntilUp(fleet, [unit], { command: "watch", signal });
    } catch (error) {
      if (error instanceof SvcError) return;
      throw error;
    }
  }
}

/** Not what is stopped or stops; what waits, for others or its schedule, starts with the new files anyway. */
function isWanted({ state: { phase } }: Unit): boolean {
  switch (phase.tag) {
    case "stopped":
    case "waiting":
    case "scheduled":
    case "spawning":
      return false;
    case "stopping":
      return phase.after.next !== "stopped";
    case "cleaning":
      return phase.after !== "stopped";
    default:
      return true;
  }
}
