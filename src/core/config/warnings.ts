import { formatDuration } from "../duration.ts";
import type { Backoff, RestartLimit, ServiceSpec } from "../spec.ts";
import { socketWarnings } from "./socket-checks.ts";

/** Sentences about a config that is valid, but does not do what it seems to say. */
export function warningsFor(services: readonly ServiceSpec[], shutdownTimeoutMs: number): readonly string[] {
  return [...shutdownWarnings(services, shutdownTimeoutMs), ...services.flatMap(limitWarnings), ...services.flatMap(socketWarnings)];
}

/** One line at most: the chain of stops that takes longest, dependents first, a service alone being a chain of one. */
function shutdownWarnings(services: readonly ServiceSpec[], shutdownTimeoutMs: number): readonly string[] {
  const slowest = longestChain(services);
  if (slowest.ms <= shutdownTimeoutMs) return [];
  const limit = `shutdownTimeout is ${formatDuration(shutdownTimeoutMs)}`;
  const cure = "raise shutdownTimeout, or lower stop.timeout";
  if (slowest.names.length === 1) {
    return [`services.${slowest.names[0]}.stop.timeout is ${formatDuration(slowest.ms)}, but ${limit}: a shutdown kills it then; ${cure}`];
  }
  return [`stopping ${slowest.names.join(", then ")} can take ${formatDuration(slowest.ms)}, but ${limit}: a shutdown kills then; ${cure}`];
}

interface Chain {
  readonly ms: number;
  readonly names: readonly string[];
}

function longestChain(services: readonly ServiceSpec[]): Chain {
  const byName = new Map(services.map((service) => [service.name, service]));
  const known = new Map<string, Chain>();
  const from = (service: ServiceSpec): Chain => {
    const before = known.get(service.name);
    if (before) return before;
    const rest = longest(
      outlasting(service)
        .flatMap((name) => byName.get(name) ?? [])
        .map(from),
    );
    const chain = { ms: service.stop.timeoutMs + rest.ms, names: [service.name, ...rest.names] };
    known.set(service.name, chain);
    return chain;
  };
  return longest(services.map(from));
}

function longest(chains: readonly Chain[]): Chain {
  return chains.reduce((best, chain) => (chain.ms > best.ms ? chain : best), { ms: 0, names: [] });
}

/** What still runs, and so has to be stopped after this service: not what had to end before it started. */
function outlasting(service: ServiceSpec): readonly string[] {
  return service.dependsOn.filter(({ condition }) => condition !== "completed" && condition !== "ended").map((one) => one.service);
}

function limitWarnings({ name, backoff, maxRestarts }: ServiceSpec): readonly string[] {
  const warnings: string[] = [];
  if (backoff.initialMs > backoff.maxMs) {
    const [initial, max] = [formatDuration(backoff.initialMs), formatDuration(backoff.maxMs)];
    warnings.push(`services.${name}.backoff.initial is ${initial}, but backoff.max is ${max}: every delay is ${max}`);
  }
  if (maxRestarts && fastest(backoff, maxRestarts.count) > maxRestarts.withinMs) warnings.push(unreachable(name, maxRestarts));
  return warnings;
}

function unreachable(name: string, limit: RestartLimit): string {
  const times = limit.count === 1 ? "1 restart" : `${limit.count} restarts`;
  const window = formatDuration(limit.withinMs);
  return `services.${name}.maxRestarts can never be reached: with this backoff ${times} take longer than ${window}`;
}

/** From the first to the last of `count` restarts at least this many milliseconds pass, however fast the service crashes. */
function fastest(backoff: Backoff, count: number): number {
  const afterReset = backoff.initialMs + backoff.resetAfterMs;
  let total = 0;
  let delay = backoff.initialMs;
  for (let made = 1; made < count; made++) {
    const next = Math.min(delay * backoff.factor, backoff.maxMs);
    // From here on every gap is the same; a count in the billions must not cost as many steps.
    if (next === delay || next >= afterReset) return total + (count - made) * Math.min(next, afterReset);
    delay = next;
    total += delay;
  }
  return total;
}
