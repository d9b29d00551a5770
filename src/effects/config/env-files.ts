import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { EnvFile, FleetSpec, ServiceSpec } from "../../core/spec.ts";
import { SpawnError } from "../child.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentOptions {
  readonly spec: ServiceSpec;
  readonly fleet: FleetSpec;
  /** The real environment: what svc was started with. */
  readonly base: Environment;
  /** From 1. */
  readonly instance: number;
  readonly restarts: number;
  /** What the login of its user sets, as strong as the real environment; undefined unsets. */
  readonly login?: Environment;
  /** What svc adds, the strongest of all: the tree's mark, NOTIFY_FD… */
  readonly extra?: Readonly<Record<string, string>>;
  /** svc's output is a terminal with colours: FORCE_COLOR=1, where nothing says anything of colours. Default: false. */
  readonly colour?: boolean;
}

/** Where svc itself reports to systemd: a service that used it would speak for svc. */
const SVC_OWN = "NOTIFY_SOCKET";

/** Where programs are looked for if svc was started without a PATH. */
const USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The whole environment of one start. The files are read anew; a named one that cannot be read rejects with a SpawnError.
 * From weak to strong: root `envFile`, the service's `envFile`, the real environment (with PORT of `portBase`), `env`.
 */
export async function serviceEnvironment(options: EnvironmentOptions): Promise<Record<string, string>> {
  const { spec, fleet, base, instance, restarts, login = {}, extra = {}, colour = false } = options;
  const variables = new Map<string, string>();
  for (const file of [...fleet.envFiles, ...spec.envFiles]) {
    for (const [name, value] of await readEnvFile(file)) variables.set(name, value);
  }
  for (const [name, value] of Object.entries(base)) if (value !== undefined && name !== SVC_OWN) variables.set(name, value);
  for (const [name, value] of Object.entries(login)) {
    if (value === undefined) variables.delete(name);
    else variables.set(name, value);
  }
  variables.set("PATH", searchPath(variables.get("PATH"), spec.cwd));
  if (spec.portBase !== null) variables.set("PORT", String(spec.portBase + instance - 1));
  for (const [name, value] of spec.env) {
    if (value === null) variables.delete(name);
    else variables.set(name, value);
  }
  if (colour && !saysOfColours(variables, spec)) variables.set("FORCE_COLOR", "1");
  const own = { SVC_SERVICE: spec.name, SVC_INSTANCE: String(instance), SVC_RESTARTS: String(restarts), ...extra };
  for (const [name, value] of Object.entries(own)) variables.set(name, value);
  return toRecord(variables);
}

/** An `env` that unsets one of the two says it, too. */
function saysOfColours(variables: ReadonlyMap<string, string>, { env }: ServiceSpec): boolean {
  return ["NO_COLOR", "FORCE_COLOR"].some((name) => variables.has(name) || env.some(([one]) => one === name));
}

/** The variables of one file, in its order. Values are taken as they stand: no `${NAME}` is expanded. */
export async function readEnvFile({ path, optional }: EnvFile): Promise<readonly (readonly [string, string])[]> {
  const text = readText(path, optional);
  if (text === null) return [];
  const { parse } = await import("dotenv");
  return Object.entries(parse(text));
}

function readText(path: string, optional: boolean): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "EIO";
    if (optional && code === "ENOENT") return null;
    throw new SpawnError(code, path, "surroundings");
  }
}

/** The inherited PATH first, so that a project's folder cannot shadow `sh`. */
function searchPath(inherited: string | undefined, cwd: string): string {
  if (cwd !== binFolders.cwd) binFolders = { cwd, path: binFoldersFrom(cwd) };
  return (inherited || USUAL_PATH) + binFolders.path;
}

/** Of the last cwd: most services of a config share it. */
let binFolders = { cwd: "", path: "" };

function binFoldersFrom(cwd: string): string {
  let path = "";
  for (let folder = cwd; ; folder = dirname(folder)) {
    path += delimiter + join(folder, "node_modules", ".bin");
    if (dirname(folder) === folder) return path;
  }
}

/** Without a prototype, because a variable may be called `__proto__`. */
function toRecord(variables: ReadonlyMap<string, string>): Record<string, string> {
  const record: Record<string, string> = Object.create(null);
  for (const [name, value] of variables) record[name] = value;
  return record;
}
