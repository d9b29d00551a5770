import { DEFAULTS } from "../defaults.ts";
import type { EnvFile, Schedule, ServiceSpec, Stop, Work } from "../spec.ts";
import type { Context } from "./context.ts";
import { toDependencies } from "./dependencies.ts";
import { type Draft, isRunner } from "./draft.ts";
import { inlineSource } from "./inline-source.ts";
import type { LogResolver } from "./log-config.ts";
import type { ServiceInput } from "./service-schema.ts";

/** A valid service with every default filled in and every path absolute. */
export function normaliseService(
  draft: Draft,
  { drafts, context, logOf }: { readonly drafts: ReadonlyMap<string, Draft>; readonly context: Context; readonly logOf: LogResolver },
): ServiceSpec {
  const { input, name } = draft;
  const resolve = (path: string) => context.resolvePath(context.folder, path);
  return {
    name,
    work: toWork(draft, context),
    options: input.options ?? null,
    cwd: resolve(input.cwd ?? "."),
    env: input.env ?? [],
    envFiles: toEnvFiles(input.envFile ?? [], context),
    instances: input.instances ?? null,
    portBase: input.portBase ?? null,
    autostart: input.autostart ?? true,
    dependsOn: toDependencies(drafts, draft),
    ready: input.ready ?? null,
    health: input.health ?? null,
    restart: input.restart ?? DEFAULTS.restart,
    successExitCodes: input.successExitCodes ?? DEFAULTS.successExitCodes,
    backoff: input.backoff ?? DEFAULTS.backoff,
    maxRestarts: input.maxRestarts ?? null,
    stop: toStop(draft),
    essential: input.essential ?? false,
    restartDependents: input.restartDependents ?? false,
    watch: (input.watch ?? []).map(resolve),
    user: input.user ?? null,
    group: input.group ?? null,
    umask: input.umask ?? null,
    nice: input.nice ?? null,
    limits: Object.entries(input.limits ?? {}).filter((entry) => entry[1] !== undefined),
    secret: input.secret ?? [],
    log: logOf(name, input.log),
    socket: input.socket ?? null,
    schedule: toSchedule(input),
    overlap: input.overlap ?? DEFAULTS.overlap,
    runTimeoutMs: input.runTimeout ?? null,
  };
}

/** Files that the config names: they must be there when a service starts. */
export function toEnvFiles(paths: readonly string[], context: Context): readonly EnvFile[] {
  return paths.map((path) => ({ path: context.resolvePath(context.folder, path), optional: false }));
}

function toWork({ input, name }: Draft, context: Context): Work {
  if (input.command) return { kind: "command", command: input.command };
  if (input.module !== undefined) {
    const file = context.resolvePath(context.folder, input.module);
    return { kind: "module", file, hash: context.hash(context.readText(file)), label: input.module };
  }
  const service = input.service ?? {};
  return { kind: "inline", file: context.file, key: name, hash: context.hash(inlineSource(service)), label: labelOf(service, name) };
}

function labelOf(service: object, name: string): string {
  // An anonymous function has the name of the key that it stands at.
  if (typeof service === "function") return service.name && service.name !== "service" ? service.name : name;
  const maker = service.constructor;
  return maker === Object || typeof maker !== "function" ? name : maker.name;
}

function toStop(draft: Draft): Stop {
  const { stop } = draft.input;
  return {
    signal: stop?.signal ?? DEFAULTS.stopSignal,
    timeoutMs: stop?.timeout ?? DEFAULTS.stopTimeoutMs,
    target: stop?.target ?? (isRunner(draft) ? DEFAULTS.runnerStopTarget : DEFAULTS.stopTarget),
    command: stop?.command ?? null,
    tree: stop?.tree ?? DEFAULTS.stopTree,
  };
}

function toSchedule(input: ServiceInput): Schedule | null {
  if (input.every !== undefined) return { kind: "every", everyMs: input.every, runOnStart: input.runOnStart ?? DEFAULTS.runOnStart };
  return input.cron === undefined ? null : { kind: "cron", pattern: input.cron, timezone: input.timezone ?? null };
}
