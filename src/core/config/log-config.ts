import * as v from "valibot";
import { DEFAULTS } from "../defaults.ts";
import type { LogFile } from "../spec.ts";
import type { Context } from "./context.ts";
import type { Draft } from "./draft.ts";
import { type Complete, fields } from "./fields.ts";
import * as leaf from "./leaves.ts";
import type { Path, Problem } from "./problem.ts";

/** Where output is kept in files: the root's `log`, and what each service says otherwise. */

const fileEntries = {
  file: v.optional(leaf.path),
  dir: v.optional(leaf.path),
  maxSize: v.optional(leaf.sizeAboveZero),
  maxAge: v.optional(leaf.durationAboveZero),
  maxFiles: v.optional(leaf.integer(1, Number.MAX_SAFE_INTEGER, "a number of files")),
  maxTotal: v.optional(leaf.sizeAboveZero),
  compress: v.optional(leaf.boolean),
} as const;

export const serviceLog = fields(fileEntries, '{ file: "logs/web.log" }');
export const rootLog = fields({ format: v.optional(leaf.oneOf("pretty", "plain", "json")), ...fileEntries }, '{ format: "plain" }');

export type LogInput = Complete<typeof fileEntries>;

/** The file of a service, or (for the name `svc`) of svc's own words; null where nothing is kept. */
export type LogResolver = (name: string, own: LogInput | undefined) => LogFile | null;

export function logResolver(root: LogInput | undefined, context: Pick<Context, "folder" | "resolvePath">): LogResolver {
  return (name, own) => {
    const file = fileOf(own, name, context) ?? fileOf(root, name, context);
    if (file === null) return null;
    const caps = { ...root, ...own };
    const isShared = own?.maxTotal === undefined && (root?.file ?? root?.dir ?? root?.maxTotal) !== undefined;
    return {
      file,
      maxSize: caps.maxSize ?? DEFAULTS.logMaxSize,
      maxAgeMs: caps.maxAge ?? null,
      maxFiles: caps.maxFiles ?? DEFAULTS.logMaxFiles,
      maxTotal: caps.maxTotal ?? DEFAULTS.logMaxTotal,
      totalOf: isShared ? "all" : "file",
      compress: caps.compress ?? DEFAULTS.logCompress,
    };
  };
}

function fileOf(
  input: LogInput | undefined,
  name: string,
  { folder, resolvePath }: Pick<Context, "folder" | "resolvePath">,
): string | null {
  if (input?.file !== undefined) return resolvePath(folder, input.file);
  return input?.dir === undefined ? null : resolvePath(resolvePath(folder, input.dir), `${name}.log`);
}

export function checkLogs(root: LogInput | undefined, drafts: readonly Draft[]): readonly Problem[] {
  const both = [{ path: ["log"], input: root }, ...drafts.map(({ path, input }) => ({ path: [...path, "log"], input: input.log }))]
    .filter(({ input }) => input?.file !== undefined && input.dir !== undefined)
    .map(({ path }) => ({ path, text: "expected at most one of file (this file) and dir (a file for each service in it), got both" }));
  const rootHasPlace = root?.file !== undefined || root?.dir !== undefined;
  const homeless = drafts
    .filter(({ input: { log } }) => log !== undefined && log.file === undefined && log.dir === undefined && !rootHasPlace)
    .map(({ path }) => ({ path: [...path, "log"], text: "expected file or dir, here or in the root's log" }));
  return [...both, ...homeless];
}

/** One file cannot be rotated by two rules. `logs` are the resolved ones, each with the place that asks for it. */
export function checkSharedLogs(logs: readonly { readonly path: Path; readonly log: LogFile | null }[]): readonly Problem[] {
  const first = new Map<string, { readonly path: Path; readonly log: LogFile }>();
  return logs.flatMap(({ path, log }) => {
    if (log === null) return [];
    const known = first.get(log.file);
    if (known === undefined) first.set(log.file, { path, log });
    if (known === undefined || JSON.stringify(known.log) === JSON.stringify(log)) return [];
    return [{ path, text: `the same file as ${known.path.join(".")}, but with other limits` }];
  });
}
