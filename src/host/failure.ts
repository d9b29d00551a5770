import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { codeFrame, type Place } from "../core/config/code-frame.ts";
import { show } from "../core/config/show.ts";
import { escapeControls } from "../core/escape.ts";
import { createJiti, type Jiti } from "../effects/config/jiti.ts";
import { usedJiti } from "../effects/config/load-module.ts";
import { OWN_FOLDER } from "../effects/own-files.ts";

interface Fault {
  readonly text: string;
  readonly place: Place | null;
}

/** Why a config could not be evaluated: the message and, below it, the place in the user's file with its line. */
export async function describeFailure(error: unknown, { file }: { readonly file: string }): Promise<string> {
  const { text, place } = await faultOf(error, file);
  const message = text.split("\n").map(escapeControls).join("\n  ");
  const source = place && sourceOf(place.file);
  return place && source !== null ? `${message}\n${codeFrame(place, source)}` : message;
}

async function faultOf(error: unknown, file: string): Promise<Fault> {
  if (!(error instanceof Error)) return { text: `it threw ${show(error)}`, place: null };
  const missing = missingModule(error, file);
  if (missing) return missing;
  const thrownAt = framesOf(error).find((place) => isUsers(place.file));
  // jiti reports a syntax error as a plain Error without a frame in the user's file.
  const syntax = error instanceof SyntaxError || /^\w*Error: [\s\S]*:\d+:\d+$/.test(error.message);
  if (!thrownAt && syntax) return syntaxFault(error, file);
  return { text: `it threw ${error.name}: ${error.message}`, place: thrownAt ? await original(thrownAt, file) : null };
}

/** The same parser for every loader and every Node version; Node's own word for what only the engine itself refuses. */
async function syntaxFault(error: Error, file: string): Promise<Fault> {
  const jiti = createJiti(file, { cacheDir: null, alias: {} });
  const fault = faultIn(jiti, file, new Set());
  if (fault) return fault;
  const head = /^(?:file:\/\/)?(\/.*):(\d+)\n.*\n( *)\^/.exec(error.stack ?? "");
  const place = head && { file: decodeURI(head[1]!), line: Number(head[2]), column: head[3]!.length + 1 };
  return { text: error.message, place };
}

/** The first fault in the file or in what it imports by a relative path. */
function faultIn(jiti: Jiti, file: string, seen: Set<string>): Fault | null {
  const source = seen.has(file) ? null : sourceOf(file);
  seen.add(file);
  if (source === null) return null;
  const fault = jiti.findFault(file, source);
  if (fault) return fault;
  for (const [, path] of source.matchAll(/(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)) {
    const imported = candidates(resolve(dirname(file), path!)).find((one) => existsSync(one));
    const deeper = imported === undefined ? null : faultIn(jiti, imported, seen);
    if (deeper) return deeper;
  }
  return null;
}

function candidates(path: string): readonly string[] {
  return [path, path.replace(/js$/, "ts"), `${path}.ts`, `${path}.js`];
}

/** Node and jiti say which file imports what is not there; the line is the one that names it. */
function missingModule(error: Error, file: string): Fault | null {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return null;
  const text = error.message.split("\nRequire stack:")[0]!;
  const wanted = /'([^']+)'/.exec(text)?.[1]?.split("/").at(-1);
  const importer = / imported from (\/.+)$/m.exec(text)?.[1] ?? /\n- (\/.+)/.exec(error.message)?.[1] ?? file;
  const lines = sourceOf(importer)?.split("\n") ?? [];
  const index = lines.findIndex((line) => wanted !== undefined && [`${wanted}"`, `${wanted}'`].some((end) => line.includes(end)));
  return { text, place: index < 0 ? null : { file: importer, line: index + 1, column: lines[index]!.indexOf(wanted!) + 1 } };
}

function framesOf(error: Error): readonly Place[] {
  const frames = (error.stack ?? "").matchAll(/^ +at (?:.* \()?(file:\/\/\/.+|\/.+):(\d+):(\d+)\)?$/gm);
  return [...frames].map(([, path, line, column]) => ({
    file: path!.startsWith("file:") ? fileURLToPath(path!) : path!,
    line: Number(line),
    column: Number(column),
  }));
}

function isUsers(file: string): boolean {
  return !file.startsWith(OWN_FOLDER) && !file.includes("/node_modules/");
}

async function original(place: Place, file: string): Promise<Place> {
  const source = sourceOf(place.file);
  if (!usedJiti() || source === null) return place;
  return createJiti(file, { cacheDir: null, alias: {} }).originalPlace(place, source);
}

function sourceOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
