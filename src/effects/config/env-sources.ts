import type { EnvFile, FleetSpec, ServiceSpec } from "../../core/spec.ts";
import { type Environment, readEnvFile } from "./env-files.ts";

export interface SourcesOptions {
  readonly spec: ServiceSpec;
  readonly fleet: FleetSpec;
  /** The real environment: what svc was started with. */
  readonly base: Environment;
  readonly names: readonly string[];
  /** What the login of its user sets. */
  readonly login: ReadonlySet<string>;
}

/** Where each of the names is from, as of now: by the order in which `serviceEnvironment` lets one overrule the other. */
export async function environmentSources({ spec, fleet, base, names, login }: SourcesOptions): Promise<string[]> {
  const inFiles = new Map<string, string>();
  for (const file of [...fleet.envFiles, ...spec.envFiles]) for (const name of await namesIn(file)) inFiles.set(name, file.path);
  const inConfig = new Set(spec.env.map(([name]) => name));
  const sourceOf = (name: string): string => {
    if (name.startsWith("SVC_")) return "svc";
    if (inConfig.has(name) || (name === "PORT" && spec.portBase !== null)) return fleet.file;
    if (login.has(name)) return "user";
    if (base[name] !== undefined) return "environment";
    return inFiles.get(name) ?? "svc";
  };
  return names.map(sourceOf);
}

/** One that cannot be read now was read at the start; what was in it shows as svc's. */
async function namesIn(file: EnvFile): Promise<readonly string[]> {
  return (await readEnvFile(file).catch(() => [])).map(([name]) => name);
}
