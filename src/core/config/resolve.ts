import * as v from "valibot";
import { DEFAULTS } from "../defaults.ts";
import { OWN_NAME } from "../log/prefix.ts";
import type { FleetSpec } from "../spec.ts";
import { checkService } from "./checks.ts";
import type { Context } from "./context.ts";
import { checkDependencies } from "./dependencies.ts";
import type { Draft } from "./draft.ts";
import { type Field, field, isRecord, listOf, type Parsed, parseFields, unexpected } from "./fields.ts";
import * as leaf from "./leaves.ts";
import { checkLogs, checkSharedLogs, logResolver, rootLog } from "./log-config.ts";
import { checkNames } from "./names.ts";
import { normaliseService, toEnvFiles } from "./normalise.ts";
import type { Problem } from "./problem.ts";
import { serviceEntries } from "./service-schema.ts";
import { checkSockets } from "./socket-checks.ts";
import { warningsFor } from "./warnings.ts";

export type Resolved = { readonly spec: FleetSpec } | { readonly problems: readonly Problem[] };

const services: Field<Readonly<Record<string, unknown>>> = field(
  (input) => (isRecord(input) && Object.keys(input).length > 0 ? input : undefined),
  (input) => unexpected(input, "an object with at least one service") + (isRecord(input) ? " without any" : ""),
);

export const rootEntries = {
  // For editors: the place of the JSON schema.
  $schema: v.optional(leaf.text),
  envFile: v.optional(listOf(leaf.path, { orOne: true })),
  shutdownTimeout: v.optional(leaf.duration),
  log: v.optional(rootLog),
  services,
} as const;

/** A config as its file gives it, turned into a spec, or every problem that it has. Never throws on plain data. */
export function resolveConfig(raw: unknown, context: Context): Resolved {
  if (!isRecord(raw))
    return { problems: [{ path: [], text: unexpected(raw, 'an object such as { services: { web: { command: "…" } } }') }] };
  const root = parseFields(rootEntries, raw);
  const read = readServices(root.output.services ?? {});
  const drafts = new Map(read.drafts.map((draft) => [draft.name, draft]));
  const problems = [...root.problems, ...read.problems, ...checkNames(read.drafts), ...read.drafts.flatMap(checkService)];
  problems.push(...checkDependencies(drafts), ...checkLogs(root.output.log, read.drafts), ...checkSockets(read.drafts));
  if (problems.length > 0) return { problems };
  const spec = normalise(root.output, drafts, context);
  const shared = checkSharedLogs(spec.services.map(({ name, log }) => ({ path: ["services", name, "log"], log })));
  return shared.length > 0 ? { problems: shared } : { spec };
}

function readServices(input: Readonly<Record<string, unknown>>): { drafts: readonly Draft[]; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const drafts: Draft[] = [];
  for (const [name, value] of Object.entries(input).filter((entry) => entry[1] !== undefined)) {
    const path = ["services", name];
    const parsed = parseFields(serviceEntries, value, '{ command: "node server.js" }');
    problems.push(...parsed.problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] })));
    // What is no object at all has been said; "exactly one of command…" would only repeat it.
    if (isRecord(value)) drafts.push({ name, path, raw: value, input: parsed.output });
  }
  return { drafts, problems };
}

function normalise(root: Parsed<typeof rootEntries>, drafts: ReadonlyMap<string, Draft>, context: Context): FleetSpec {
  const logOf = logResolver(root.log, context);
  const specs = [...drafts.values()].map((draft) => normaliseService(draft, { drafts, context, logOf }));
  const shutdownTimeoutMs = root.shutdownTimeout ?? DEFAULTS.shutdownTimeoutMs;
  const standard = [{ path: context.resolvePath(context.folder, ".env"), optional: true }];
  return {
    file: context.file,
    folder: context.folder,
    shutdownTimeoutMs,
    logFormat: root.log?.format ?? null,
    ownLog: logOf(OWN_NAME, undefined),
    envFiles: root.envFile ? toEnvFiles(root.envFile, context) : standard,
    services: specs,
    warnings: warningsFor(specs, shutdownTimeoutMs),
  };
}
