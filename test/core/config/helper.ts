import { posix } from "node:path";
import { formatProblems } from "../../../src/core/config/problem.ts";
import { resolveConfig } from "../../../src/core/config/resolve.ts";
import type { FleetSpec, ServiceSpec } from "../../../src/core/spec.ts";

const CONTEXT = {
  file: "/app/services.ts",
  folder: "/app",
  resolvePath: (from: string, path: string) => posix.resolve(from, path),
  hash: (text: string) => `hash of ${text.length}`,
  readText: (file: string) => `text of ${file}`,
};

/** The spec of a config that is expected to be valid. */
export function fleetOf(raw: unknown): FleetSpec {
  const resolved = resolveConfig(raw, CONTEXT);
  if ("problems" in resolved) throw new Error(formatProblems(resolved.problems).join("\n"));
  return resolved.spec;
}

/** The one service of such a config. */
export function serviceOf(service: Readonly<Record<string, unknown>>): ServiceSpec {
  return fleetOf({ services: { web: { command: "node server.js", ...service } } }).services[0]!;
}

/** The problems of a config, as the user reads them. */
export function problemsOf(raw: unknown): readonly string[] {
  const resolved = resolveConfig(raw, CONTEXT);
  return "problems" in resolved ? formatProblems(resolved.problems) : [];
}

/** The problems of a config with the one service `web`. */
export function problemsOfService(service: unknown): readonly string[] {
  return problemsOf({ services: { web: service } });
}
