import { absurd } from "./absurd.ts";
import type { ShownState } from "./row.ts";
import type { Condition, Dependency } from "./spec.ts";

/** Who waits for whom at the start, and who stops before whom. */

/** What a dependent can see of one instance. */
export interface Standing {
  readonly name: string;
  readonly state: ShownState;
  /** The process lives and its readiness check passed; without a check: it is running. */
  readonly ready: boolean;
  readonly healthy: boolean | null;
}

export type Verdict = { readonly is: "met" } | { readonly is: "pending" } | { readonly is: "failed"; readonly reason: string };

const MET: Verdict = { is: "met" };
const PENDING: Verdict = { is: "pending" };

/** All conditions on all instances at once; the first failure wins over what is still pending. */
export function dependencyVerdict(dependencies: readonly Dependency[], instancesOf: (service: string) => readonly Standing[]): Verdict {
  let verdict = MET;
  for (const { service, condition } of dependencies) {
    for (const instance of instancesOf(service)) {
      const one = conditionVerdict(condition, instance);
      if (one.is === "failed") return one;
      if (one.is === "pending") verdict = PENDING;
    }
  }
  return verdict;
}

/** A dependency that restarts, stops or waits is waited for; only one that will never get there is a failure. */
export function conditionVerdict(condition: Condition, instance: Standing): Verdict {
  switch (instance.state) {
    case "failed":
      return condition === "ended" ? MET : { is: "failed", reason: `${instance.name} failed` };
    case "skipped":
      return { is: "failed", reason: `${instance.name} was skipped` };
    case "completed":
      return whenCompleted(condition, instance);
    case "scheduled":
      return condition === "started" ? MET : PENDING;
    case "starting":
      return condition === "started" ? MET : PENDING;
    case "running":
    case "unhealthy":
      return whenAlive(condition, instance);
    case "stopped":
    case "waiting":
    case "stopping":
    case "backoff":
      return PENDING;
    default:
      return absurd(instance.state);
  }
}

/** True where the instance may be asked to stop now: nothing that depends on it is still up. */
export function mayStop(
  service: string,
  dependentsOf: ReadonlyMap<string, readonly string[]>,
  isDown: (service: string) => boolean,
): boolean {
  return (dependentsOf.get(service) ?? []).every(isDown);
}

/** For each service, those that name it in `dependsOn`. */
export function dependents(
  services: readonly { readonly name: string; readonly dependsOn: readonly Dependency[] }[],
): Map<string, string[]> {
  const map = new Map<string, string[]>(services.map((one) => [one.name, []]));
  for (const one of services) for (const dependency of one.dependsOn) map.get(dependency.service)?.push(one.name);
  return map;
}

/** The named services and all that they depend on, in no particular order. */
export function withDependencies(
  names: readonly string[],
  services: ReadonlyMap<string, { readonly dependsOn: readonly Dependency[] }>,
): Set<string> {
  const reached = new Set<string>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const dependency of services.get(name)?.dependsOn ?? []) queue.push(dependency.service);
  }
  return reached;
}

function whenCompleted(condition: Condition, instance: Standing): Verdict {
  if (condition === "ready" || condition === "healthy") return { is: "failed", reason: `${instance.name} has ended` };
  return MET;
}

function whenAlive(condition: Condition, instance: Standing): Verdict {
  switch (condition) {
    case "started":
      return MET;
    case "ready":
      return instance.ready ? MET : PENDING;
    case "healthy":
      return instance.healthy === true ? MET : PENDING;
    case "completed":
    case "ended":
      return PENDING;
    default:
      return absurd(condition);
  }
}
