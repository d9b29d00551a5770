import { EXIT, SvcError } from "../core/errors.ts";
import { sameSocket } from "../core/listening.ts";
import type { ServiceSpec } from "../core/spec.ts";
import type { FleetContext } from "./fleet.ts";
import { roll } from "./roll.ts";
import type { Unit } from "./unit.ts";
import type { WaitOptions } from "./wait-for.ts";

/** With another port for each, the new one of the first might be the old one of the second: such instances cannot go in turn. */
export function mayRoll(before: ServiceSpec | undefined, { portBase, socket }: ServiceSpec, instances: readonly Unit[]): boolean {
  return instances.length > 1 && before?.portBase === portBase && sameSocket(before.socket, socket);
}

/**
 * Restarts the instances of each of these services one at a time; each service by itself. The new config is in force, so this
 * goes on when nobody waits for it any more; then svc's own words tell of a failure.
 */
export async function rollAll(
  fleet: FleetContext,
  services: readonly (readonly Unit[])[],
  { signal, ...options }: WaitOptions,
): Promise<void> {
  const rolls = services.map((units) => roll(fleet, units, options));
  const over = Promise.all(rolls);
  if (signal === undefined) return void (await over);
  const leave = new Promise<never>((_, reject) => {
    const abandon = (): void => {
      for (const one of rolls) one.catch((error) => sayFailure(fleet, error));
      reject(new SvcError("no longer waited for", EXIT.failed));
    };
    if (signal.aborted) abandon();
    signal.addEventListener("abort", abandon, { once: true });
    over.finally(() => signal.removeEventListener("abort", abandon)).catch(() => {});
  });
  await Promise.race([over, leave]);
}

function sayFailure({ world }: FleetContext, error: unknown): void {
  if (!(error instanceof SvcError)) throw error;
  for (const line of `reload: ${error.message}`.split("\n")) world.logs.say(line);
  if (error.hint !== null) world.logs.say(error.hint);
}
