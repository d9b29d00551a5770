import type { FleetSpec } from "../core/spec.ts";

/** The services that may leave a daemon behind (`stop.tree: false`). */
export function sparingServices(spec: FleetSpec): string[] {
  return spec.services.filter((service) => !service.stop.tree).map(({ name }) => name);
}

/** Whether an instance is of one of them. */
export function sparedBy(spec: FleetSpec): (instance: string) => boolean {
  const sparing = new Set(sparingServices(spec));
  return (instance) => sparing.has(instance.replace(/\.\d+$/, ""));
}
