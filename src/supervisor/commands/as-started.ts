import { pidOf } from "../../core/machine/shown.ts";
import type { ServiceSpec } from "../../core/spec.ts";
import { type FleetContext, unitsOf } from "../fleet/fleet.ts";

/** No file has this digest. */
const SEVERAL = "several";

/** The services as they run: a process that was started after the last reload has read its TypeScript as that was then. */
export function asStarted(fleet: FleetContext): ServiceSpec[] {
  return fleet.spec.services.map((spec) => {
    const { work } = spec;
    if (work.kind === "command") return spec;
    const running = unitsOf(fleet, spec.name).filter(({ state: { phase } }) => pidOf(phase) !== null || phase.tag === "spawning");
    const [hash = work.hash, ...others] = new Set(running.map((unit) => unit.life.loaded ?? work.hash));
    return { ...spec, work: { ...work, hash: others.length === 0 ? hash : SEVERAL } };
  });
}
