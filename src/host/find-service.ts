import { inlineSource } from "../core/config/inline-source.ts";
import { digest } from "../core/digest.ts";
import { EXIT, SvcError } from "../core/errors.ts";
import type { HostedWork } from "../core/host-messages.ts";
import { defaultExport, loadModule } from "../effects/config/load-module.ts";
import { claimCacheFolder, surroundings } from "../effects/ownership/places.ts";

/** What stands behind `service` or `module`. Rejects with whatever the file throws, or with a `SvcError`. */
export async function findService(work: HostedWork): Promise<unknown> {
  return work.kind === "module" ? findInModule(work) : findInConfig(work);
}

/** As the evaluation of the config makes it. */
export function inlineDigest(service: unknown): string {
  return digest(inlineSource(Object(service)));
}

async function findInModule({ file, label }: Extract<HostedWork, { kind: "module" }>): Promise<unknown> {
  const service = defaultExport(await load(file));
  if (service !== undefined) return service;
  throw new SvcError(`cannot run ${label}: it has no default export`, EXIT.failed, {
    hint: "write `export default class … { run() { … } }`",
  });
}

/** The config is evaluated once more; what it writes to the environment reaches no service. */
async function findInConfig({ file, key }: Extract<HostedWork, { kind: "inline" }>): Promise<unknown> {
  const before = { ...process.env };
  const exported = defaultExport(await load(file));
  const config: unknown = await (typeof exported === "function" ? exported() : exported);
  restoreEnvironment(before);
  const service = (config as Shape | null)?.services?.[key]?.service;
  if (service !== undefined) return service;
  throw new SvcError(`cannot run services.${key}.service: it is not in ${file} any more`, EXIT.failed, { hint: "run svc reload" });
}

interface Shape {
  readonly services?: Readonly<Record<string, { readonly service?: unknown } | undefined>>;
}

function load(file: string) {
  return loadModule(file, { cacheDir: claimCacheFolder(surroundings()) });
}

function restoreEnvironment(before: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(before, name)) delete process.env[name];
  Object.assign(process.env, before);
}
