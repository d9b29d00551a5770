import { EXIT, SvcError } from "../../core/errors.ts";
import type { FleetContext } from "../fleet/fleet.ts";
import type { WaitOptions } from "../fleet/wait-for.ts";
import type { Unit } from "../unit/unit.ts";
import { roll } from "./roll.ts";

/**
 * Restarts the instances of each of these services one at a time; each service by itself. It goes on to the last one when nobody
 * waits for it any more, as that ends only the wait. Where it ends before, svc's own lines say which instances stay.
 */
export async function rollAll(
  fleet: FleetContext,
  services: readonly (readonly Unit[])[],
  { signal, ...options }: WaitOptions,
): Promise<void> {
  const rolls = services.map((units) => roll(fleet, units, options));
  const over = Promise.all(rolls);
  // Who has asked for it without waiting says all of it.
  if (signal === undefined) return void (await over);
  for (const one of rolls) one.catch((error) => sayWhoStays(fleet, options.command, error));
  const leave = new Promise<never>((_, reject) => {
    const abandon = (): void => reject(new SvcError("no longer waited for", EXIT.failed));
    if (signal.aborted) abandon();
    signal.addEventListener("abort", abandon, { once: true });
    over.finally(() => signal.removeEventListener("abort", abandon)).catch(() => {});
  });
  await Promise.race([over, leave]);
}

function sayWhoStays({ world }: FleetContext, command: string, error: unknown): void {
  if (!(error instanceof SvcError)) throw error;
  if (error.hint !== null) world.logs.say(`${command}: ${error.hint}`);
}
