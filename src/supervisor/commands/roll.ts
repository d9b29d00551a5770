import { SvcError } from "../../core/errors.ts";
import { isUp } from "../../core/machine/steps.ts";
import type { Change, FleetContext } from "../fleet/fleet.ts";
import { isWanted } from "../fleet/standing.ts";
import type { WaitOptions } from "../fleet/wait-for.ts";
import { laterCommand, superseded, waitUntilUp } from "../fleet/waits.ts";
import type { Unit } from "../unit/unit.ts";

/**
 * Restarts the instances of one service: first at once those that do not run, for whom nobody has to stand in, then the others
 * one at a time, the next when the last is up. Where one does not get up, or a later command takes one over, the rest stays on
 * the old.
 */
export async function roll(fleet: FleetContext, units: readonly Unit[], options: Omit<WaitOptions, "signal">): Promise<void> {
  const takenOver = new AbortController();
  for (const unit of units) fleet.rolling.get(unit)?.("restart");
  const serving = units.filter((unit) => isUp(unit.state.phase) && isWanted(fleet, unit));
  const inTurn = new Map(serving.map((unit) => [unit, (later: string) => takenOver.abort(superseded(unit, options.command, later))]));
  for (const [unit, takeOver] of inTurn) fleet.rolling.set(unit, takeOver);
  const leave = (unit: Unit): void => {
    if (fleet.rolling.get(unit) === inTurn.get(unit)) fleet.rolling.delete(unit);
  };
  const watch = (change: Change): void => {
    const later = laterCommand(change);
    if (later === "stop" || later === "restart") fleet.rolling.get(change.unit)?.(later);
  };
  fleet.observers.add(watch);
  try {
    await restartAndWait(
      units.filter((unit) => !inTurn.has(unit)),
      serving,
    );
    for (const [at, unit] of serving.entries()) {
      leave(unit);
      // It was asked to stop, and waits for its dependents before it is.
      if (!isWanted(fleet, unit)) throw superseded(unit, options.command, "stop");
      await restartAndWait([unit], serving.slice(at + 1));
    }
  } finally {
    fleet.observers.delete(watch);
    for (const unit of serving) leave(unit);
  }

  async function restartAndWait(some: readonly Unit[], rest: readonly Unit[]): Promise<void> {
    for (const unit of some) unit.feed({ type: "restart", at: fleet.world.clock.now() });
    await waitUntilUp(fleet, some, { ...options, signal: takenOver.signal }).catch((error) => {
      throw takenOver.signal.aborted ? takenOver.signal.reason : withRest(error, rest);
    });
  }
}

function withRest(error: unknown, rest: readonly Unit[]): unknown {
  if (!(error instanceof SvcError) || rest.length === 0) return error;
  const hint = `${rest.map(({ name }) => name).join(", ")} ${rest.length === 1 ? "stays as it was" : "stay as they were"}`;
  return new SvcError(error.message, error.exitCode, { hint, cause: error });
}
