import { EXIT, SvcError } from "./errors.ts";
import { nearest } from "./suggest.ts";

export interface Named {
  /** As shown: `web`, or `web.2`. */
  readonly name: string;
  readonly service: string;
  readonly instance: number;
}

/** `web` where instances are not counted and one exists, else `web.N`. */
export function instanceName(service: string, instance: number, counted: boolean): string {
  return counted ? `${service}.${instance}` : service;
}

/**
 * The instances that the names mean: `web` is all of web, `web.2` one of them, and `web.1` is accepted where there is only `web`.
 * A name that means nothing is a `SvcError` with exit code 4. A service scaled to 0 is known and means no instance.
 */
export function instancesNamed<T extends Named>(names: readonly string[], services: Iterable<string>, instances: Iterable<T>): T[] {
  const known = new Set(services);
  const all = [...instances];
  const found = new Set<T>();
  for (const name of names) {
    const matching = all.filter((one) => means(name, one));
    if (matching.length === 0 && !known.has(name)) throw noSuchService(name, [...known, ...all.map((one) => one.name)]);
    for (const one of matching) found.add(one);
  }
  return [...found];
}

export function noSuchService(name: string, known: readonly string[]): SvcError {
  const near = nearest(name, known);
  // No name has a slash, and a point only before the number of an instance.
  const config = /\/|\.(?!\d+$)/.test(name) ? "; a config is named by -c" : "";
  const hint = near === null ? `known: ${[...new Set(known)].join(", ") || "none"}${config}` : `did you mean "${near}"?`;
  return new SvcError(`no such service: ${JSON.stringify(name)}`, EXIT.noSuchService, { hint });
}

/** True where `name` means this instance: its own name, its service's, or `service.N`. */
export function means(name: string, one: Named): boolean {
  return name === one.service || name === one.name || name === `${one.service}.${one.instance}`;
}
