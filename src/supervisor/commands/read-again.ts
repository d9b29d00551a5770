import { basename } from "node:path";
import type { Said } from "../../core/methods.ts";
import type { FleetSpec } from "../../core/spec.ts";
import type { FleetContext } from "../fleet/fleet.ts";

/**
 * Reads the config for a reload. What the config prints and what there is to be warned of that was not before stands in svc's
 * own log, as nobody may wait for the reload; and is told to the one who does.
 */
export async function readConfigAgain(
  fleet: FleetContext,
  load: (onPrinted: (line: string) => void) => Promise<FleetSpec>,
  tell: (said: Said) => void = () => {},
): Promise<FleetSpec> {
  const { logs } = fleet.world;
  const mask = (text: string): string => fleet.units.reduce((masked, unit) => unit.log.mask(masked), text);
  const next = await load((line) => {
    logs.say(`${basename(fleet.spec.file)}: ${line}`);
    tell({ by: "config", line: mask(line) });
  });
  for (const warning of next.warnings) {
    if (fleet.spec.warnings.includes(warning)) continue;
    logs.say(warning);
    tell({ by: "svc", line: mask(warning) });
  }
  return next;
}
