import type { FleetContext } from "../fleet/fleet.ts";
import { millisecondsUntilUp } from "../fleet/wait-for.ts";

/** What a service manager wants to hear of its service that is svc itself. */
export interface Listener {
  /** Every wanted service is up. Called once. */
  onUp(): void;
  /** Everything is being stopped. Called once. */
  onStopping(): void;
}

export function reportTo(fleet: FleetContext, listener: Listener): void {
  let disarm = (): void => {};
  const lookForUp = (): void => {
    disarm();
    const ms = millisecondsUntilAllUp(fleet);
    if (ms === null) return;
    // Nothing happens to a process while it only lives: the second that makes it "up" needs a timer.
    if (ms > 0) {
      disarm = fleet.world.clock.arm(ms, lookForUp, { ref: false });
      return;
    }
    fleet.observers.delete(lookForUp);
    listener.onUp();
  };
  const lookForEnd = (): void => {
    if (fleet.fleet.tag === "up") return;
    for (const look of [lookForUp, lookForEnd]) fleet.observers.delete(look);
    disarm();
    listener.onStopping();
  };
  for (const look of [lookForUp, lookForEnd]) fleet.observers.add(look);
}

/** null: only an event can tell. */
function millisecondsUntilAllUp(fleet: FleetContext): number | null {
  const wanted = fleet.units.filter((unit) => unit.state.phase.tag !== "stopped");
  const left = wanted.map((unit) => millisecondsUntilUp(fleet, unit));
  return left.reduce((most, ms) => (most === null || ms === null ? null : Math.max(most, ms)), left[0] ?? null);
}
