import { pidOf } from "../../core/machine/shown.ts";
import { runsByProcess } from "../../core/machine/steps.ts";
import type { FleetSpec, ServiceSpec } from "../../core/spec.ts";
import type { FleetContext } from "../fleet/fleet.ts";
import { loginOf } from "../unit/privileges.ts";
import type { Unit } from "../unit/unit.ts";

/**
 * The services a process of which was started with another environment than a start would give it now: an env file was edited.
 * A command on a schedule is none of them: its next run reads the files anyway.
 */
export async function staleServices(fleet: FleetContext, next: FleetSpec): Promise<ReadonlySet<string>> {
  const after = new Map(next.services.map((spec) => [spec.name, spec]));
  const stale = new Set<string>();
  for (const unit of fleet.units) {
    const spec = after.get(unit.service);
    if (spec === undefined || stale.has(spec.name) || pidOf(unit.state.phase) === null || runsByProcess(unit.spec)) continue;
    if (await isStale(fleet, unit, spec, next)) stale.add(spec.name);
  }
  return stale;
}

/** What svc itself adds at each start, and may be another the next time. */
const OWN = ["SVC_RESTARTS", "NOTIFY_FD", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_FDNAMES"];

async function isStale({ world }: FleetContext, { life, instance, state }: Unit, spec: ServiceSpec, next: FleetSpec): Promise<boolean> {
  const has = life.env;
  const start = { instance, restarts: state.restarts, extra: {}, login: await loginOf(spec).catch(() => null), fleet: next };
  if (start.login === null) return false;
  // A file that is missing would only end it.
  const would = await world.environment(spec, { ...start, login: start.login }).catch(() => null);
  if (would === null) return false;
  const ignored = new Set([...OWN, world.marker]);
  const names = new Set([...Object.keys(has), ...Object.keys(would)]);
  return [...names].some((name) => !ignored.has(name) && has[name] !== would[name]);
}
