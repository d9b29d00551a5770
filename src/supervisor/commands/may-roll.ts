import { sameSocket } from "../../core/listening.ts";
import type { ServiceSpec } from "../../core/spec.ts";
import type { Unit } from "../unit/unit.ts";

/** With another port for each, the new one of the first might be the old one of the second: such instances cannot go in turn. */
export function mayRoll(before: ServiceSpec | undefined, { portBase, socket }: ServiceSpec, instances: readonly Unit[]): boolean {
  return instances.length > 1 && before?.portBase === portBase && sameSocket(before.socket, socket);
}
