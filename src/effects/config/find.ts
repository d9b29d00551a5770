import { realpathSync, type Stats, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";

/** What is looked for in the working directory, the first that exists. */
const NAMES: readonly string[] = [
  "services.ts",
  "services.mts",
  "services.cts",
  "services.js",
  "services.mjs",
  "services.cjs",
  "services.json",
  "Procfile",
];

export interface FindOptions {
  readonly cwd: string;
  /** Of `-c`. */
  readonly file?: string | undefined;
  /** SVC_CONFIG names a file where `-c` does not. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The real path of the config that applies here. Reads nothing of it. Throws a SvcError (exit 2) where there is none. */
export function findConfig({ cwd, file, env }: FindOptions): string {
  if (file !== undefined) return named(cwd, file, "-c");
  if (env.SVC_CONFIG) return named(cwd, env.SVC_CONFIG, "SVC_CONFIG");
  const found = NAMES.map((name) => resolve(cwd, name)).find((path) => statOf(path)?.isFile());
  if (found !== undefined) return realpathSync(found);
  throw new SvcError(`cannot find a config in ${escapeControls(cwd)}: looked for ${NAMES.join(", ")}`, EXIT.usage, {
    hint: "svc init writes one; -c FILE or SVC_CONFIG names another",
  });
}

/** Null where no config applies here. One that is named and cannot be found is an error. */
export function applyingConfig(options: FindOptions): string | null {
  try {
    return findConfig(options);
  } catch (error) {
    if (options.file !== undefined || options.env.SVC_CONFIG) throw error;
    return null;
  }
}

/** A Procfile may be called Procfile.dev too. */
export function isProcfile(file: string): boolean {
  return /^Procfile(\.|$)/.test(basename(file));
}

function named(cwd: string, file: string, by: string): string {
  const path = resolve(cwd, file);
  const stat = statOf(path);
  const what = `the config "${escapeControls(file)}" (${by})`;
  if (!stat || file === "") throw new SvcError(`cannot find ${what}: there is no ${escapeControls(path)}`, EXIT.usage);
  if (stat.isDirectory()) throw new SvcError(`cannot use ${what}: it is a folder; name a file in it`, EXIT.usage);
  if (!stat.isFile()) throw new SvcError(`cannot use ${what}: it is not a regular file`, EXIT.usage);
  if (!isProcfile(path) && !/\.([cm]?[jt]s|json)$/.test(path)) {
    const kinds = "a config ends in .ts, .mts, .cts, .js, .mjs, .cjs or .json, or is a Procfile";
    throw new SvcError(`cannot use ${what}: ${kinds}`, EXIT.usage);
  }
  return realpathSync(path);
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
