import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { OWN_FOLDER, ownFile } from "../own-files.ts";
import { createJiti } from "./jiti.ts";

export type Namespace = Readonly<Record<string, unknown>>;

export interface LoadOptions {
  /** A private folder for compiled code; null: nothing is cached. */
  readonly cacheDir: string | null;
}

const PACKAGE = "svc-supervisor";
const SELF = ownFile("index.js");

/** Newer than the types of the oldest Node that svc supports: there since 22.15, 22.1 and 22.10. */
const node = nodeModule as unknown as {
  readonly registerHooks?: (hooks: { readonly resolve: ResolveHook }) => void;
  readonly enableCompileCache?: (folder: string) => void;
  readonly flushCompileCache?: () => void;
};
type ResolveHook = (specifier: string, context: unknown, next: (specifier: string, context: unknown) => unknown) => unknown;

/**
 * Imports a user's file: JavaScript as Node does, TypeScript by Node's own stripping where it has that, else by jiti.
 * What stripping cannot do (enums, decorators, imports without an ending, paths of a tsconfig.json) is a failure before
 * anything was evaluated, and jiti gets a second try. A failure of the file's own code is never tried again.
 */
export async function loadModule(file: string, options: LoadOptions): Promise<Namespace> {
  provideSelf();
  if (needsJiti(file)) return loadWithJiti(file, options);
  const typescript = isTypeScript(file);
  if (typescript && options.cacheDir !== null) node.enableCompileCache?.(join(options.cacheDir, "node"));
  try {
    const namespace: Namespace = await import(pathToFileURL(file).href);
    // Node writes it at the end of the process, which for an evaluator is SIGKILL.
    if (typescript) node.flushCompileCache?.();
    return namespace;
  } catch (error) {
    if (!(typescript && isBeforeEvaluation(error)) && !missesSelf(error)) throw error;
    return loadAgain(file, options, error);
  }
}

/** The default export as Node gives it for an ES module; a CommonJS one may hold it under `default` too. */
export function defaultExport(namespace: Namespace): unknown {
  const value = Object.hasOwn(namespace, "default") ? namespace.default : undefined;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "default")) return value;
  const inner = value as { readonly default: unknown; readonly __esModule?: unknown };
  return inner.__esModule === true || Object.keys(value).length === 1 ? inner.default : value;
}

function isTypeScript(file: string): boolean {
  return /\.[cm]?ts$/.test(file);
}

/** True where Node alone is known to fail, so that its attempt, and its warning about it, can be spared. */
function needsJiti(file: string): boolean {
  const typescript = isTypeScript(file);
  if (typescript && !(process.features as { readonly typescript?: unknown }).typescript) return true;
  const source = readFileSync(file, "utf8");
  if (typescript && isCommonJs(file) && /^\s*(?:import|export)\b/m.test(source)) return true;
  // Node 22 asks no hook about a require() in TypeScript; Node 20 has no hooks that work in the same thread.
  const unhooked = typescript ? /\brequire\s*\(/.test(source) : node.registerHooks === undefined;
  return unhooked && source.includes(PACKAGE) && !resolvesSelf(file);
}

/** Where the nearest package.json says so, Node takes a TypeScript file for CommonJS, whatever its syntax. */
function isCommonJs(file: string): boolean {
  if (/\.[cm]ts$/.test(file)) return file.endsWith(".cts");
  return nearestManifest(dirname(file))?.type === "commonjs";
}

/** By hand, because `module.findPackageJSON` gives the file itself on Node 24 and 26 where there is none. */
function nearestManifest(folder: string): { readonly type?: unknown } | null {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch {
    return dirname(folder) === folder ? null : nearestManifest(dirname(folder));
  }
}

let jitiUsed = false;

/** True once a file was loaded by jiti: columns in stack traces are those of its output. */
export function usedJiti(): boolean {
  return jitiUsed;
}

async function loadWithJiti(file: string, { cacheDir }: LoadOptions): Promise<Namespace> {
  jitiUsed = true;
  const alias = resolvesSelf(file) ? {} : { [PACKAGE]: SELF };
  const jiti = createJiti(file, { cacheDir: cacheDir === null ? null : join(cacheDir, "jiti"), alias });
  const loaded: unknown = await jiti.load(file);
  // A CommonJS file gives its exports alone.
  return isNamespace(loaded) ? loaded : { default: loaded };
}

/** What jiti cannot find either is better told by Node: it names the importing file. */
async function loadAgain(file: string, options: LoadOptions, first: unknown): Promise<Namespace> {
  try {
    return await loadWithJiti(file, options);
  } catch (second) {
    throw codeOf(second) === "MODULE_NOT_FOUND" ? first : second;
  }
}

let selfProvided = false;

/** Where a project has no copy of svc-supervisor, an import of it gives the svc that is running. */
function provideSelf(): void {
  if (selfProvided || !node.registerHooks) return;
  selfProvided = true;
  node.registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier !== PACKAGE) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return { url: pathToFileURL(SELF).href, format: "module", shortCircuit: true };
      }
    },
  });
}

function resolvesSelf(file: string): boolean {
  try {
    nodeModule.createRequire(file).resolve(PACKAGE);
    return true;
  } catch (error) {
    // The package is there, but it has no entry for `require`.
    return codeOf(error) === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  }
}

/** What can only fail while modules are linked, so that nothing of a static import graph has run. */
function isBeforeEvaluation(error: unknown): boolean {
  const code = codeOf(error);
  if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT") return !importsDynamically(error);
  if (code?.startsWith("ERR_PACKAGE_") || code?.endsWith("_TYPESCRIPT_SYNTAX")) return true;
  return error instanceof SyntaxError && !/^ {4}at .*\(?(?:file:\/\/)?\/.*:\d+:\d+\)?$/m.test(withoutOwnFrames(error));
}

/** A dynamic import may have failed after half of the file had run. */
function importsDynamically(error: unknown): boolean {
  const importer = / imported from (.+?)$/m.exec(String((error as Error).message))?.[1];
  if (importer === undefined) return true;
  try {
    return /\bimport\s*\(/.test(readFileSync(importer, "utf8"));
  } catch {
    return true;
  }
}

function missesSelf(error: unknown): boolean {
  return codeOf(error) === "ERR_MODULE_NOT_FOUND" && (error as Error).message.includes(`'${PACKAGE}'`);
}

function withoutOwnFrames(error: Error): string {
  const lines = (error.stack ?? "").split("\n");
  return lines.filter((line) => !line.includes("node:internal") && !isOwnFrame(line)).join("\n");
}

/** An ECMAScript module is named by its URL, a CommonJS one by its path. */
function isOwnFrame(line: string): boolean {
  return line.includes(OWN_FOLDER) || line.includes(pathToFileURL(OWN_FOLDER).href);
}

function isNamespace(value: unknown): value is Namespace {
  return typeof value === "object" && value !== null && ["default", "__esModule"].some((key) => Object.hasOwn(value, key));
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string } | null)?.code;
}
