/**
 * The environment variable by which the descendants of a service are found again. Its name is unique to one life of one
 * supervisor, so a nested supervisor adds a second marker instead of hiding the first.
 */
export const MARKER_PREFIX = "SVC_TREE_";

/** `lifeId` is random, one for each life of a supervisor; the variable's value is the instance's name: `SVC_TREE_k3x9=web.1`. */
export function markerName(lifeId: string): string {
  return `${MARKER_PREFIX}${lifeId}`;
}

/** Only the markers: what belongs to the services that this supervisor itself is part of. */
export function onlyMarkers(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const pairs = Object.entries(env).filter((pair): pair is [string, string] => pair[0].startsWith(MARKER_PREFIX) && pair[1] !== undefined);
  return Object.fromEntries(pairs);
}

/** What a detached supervisor is started with: it belongs to no service, so no service's stop may find it. */
export function withoutMarkers<T>(env: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith(MARKER_PREFIX)));
}
