import { join } from "node:path";
import type { SvcError } from "../../core/errors.ts";
import type { Named } from "../../core/names.ts";
import { instanceName, instancesNamed } from "../../core/names.ts";
import type { FleetSpec } from "../../core/spec.ts";
import { loadConfig } from "../../effects/config/config.ts";
import { applyingConfig } from "../../effects/config/find.ts";
import { logsIn } from "../../effects/log/files/snapshot.ts";
import { existingStateFolders, surroundings } from "../../effects/ownership/places.ts";
import type { Invocation } from "../command.ts";

export interface KeptLogs {
  readonly paths: readonly string[];
  readonly instances: readonly Named[];
}

/** The log files of the config that applies here. Throws `error`, which says that no supervisor runs, where there are none. */
export async function findKeptLogs({ args, global }: Invocation, error: SvcError): Promise<KeptLogs> {
  const config = global.socket === undefined ? applyingConfig({ cwd: process.cwd(), file: global.config, env: process.env }) : null;
  if (config === null) throw error;
  const spec = await loadConfig(config, { env: process.env }).catch((fault: SvcError) => {
    process.stderr.write(`svc: ${fault.message}\n`);
    return null;
  });
  const state = (await Promise.all(existingStateFolders(config, surroundings()).map((folder) => logsIn(join(folder, "logs"))))).flat();
  const instances = instancesOf(spec, state);
  const services = [...new Set(instances.map((one) => one.service))];
  instancesNamed(args, services, instances);
  const paths = [...new Set([...pathsOf(spec), ...state])].filter((path) => mayHold(path, state, args));
  if (paths.length === 0) throw error;
  return { paths, instances };
}

function pathsOf(spec: FleetSpec | null): string[] {
  const logs = spec === null ? [] : [...spec.services.map(({ log }) => log), spec.ownLog];
  return logs.flatMap((log) => (log === null ? [] : [log.file]));
}

/** In the state folder each service has a file of its name. */
function mayHold(path: string, state: readonly string[], names: readonly string[]): boolean {
  return names.length === 0 || !state.includes(path) || names.some((name) => path.endsWith(`/${name.replace(/\.\d+$/, "")}.log`));
}

/** Those of the config, and of the services that have left a file and are no more. */
function instancesOf(spec: FleetSpec | null, state: readonly string[]): Named[] {
  const known = (spec?.services ?? []).flatMap(({ name, instances }) =>
    Array.from({ length: Math.max(1, instances ?? 1) }, (_, at) => ({
      name: instanceName(name, at + 1, instances !== null),
      service: name,
      instance: at + 1,
    })),
  );
  const services = new Set(known.map((one) => one.service));
  const left = state
    .map((path) => path.slice(path.lastIndexOf("/") + 1, -".log".length))
    .filter((name) => name !== "svc" && !services.has(name));
  return [...known, ...left.map((name) => ({ name, service: name, instance: 1 }))];
}
