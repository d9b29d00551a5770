import { createRequire, SourceMap } from "node:module";
import type { Place } from "../../core/config/code-frame.ts";

/**
 * jiti, which loads TypeScript where Node cannot strip types itself, and syntax that stripping does not know. It costs tens
 * of megabytes, so it is loaded only when it is needed.
 */
export interface Jiti {
  /** Imports the file and what it imports. */
  readonly load: (file: string) => Promise<Readonly<Record<string, unknown>>>;
  /** Where and why the text is no TypeScript (or JavaScript); null where it is. */
  readonly findFault: (file: string, source: string) => { readonly place: Place; readonly text: string } | null;
  /** Where a place in jiti's output stands in the source: it keeps the lines, not the columns. */
  readonly originalPlace: (place: Place, source: string) => Place;
}

export interface JitiOptions {
  /** null: nothing is cached. */
  readonly cacheDir: string | null;
  /** Imports of these names load these files. */
  readonly alias: Readonly<Record<string, string>>;
}

export function createJiti(from: string, { cacheDir, alias }: JitiOptions): Jiti {
  // As CommonJS: to import it, Node would first read all of it for its exports, which takes 35 ms.
  const { createJiti: create } = createRequire(import.meta.url)("jiti") as typeof import("jiti");
  const jiti = create(from, { fsCache: cacheDir ?? false, alias, tsconfigPaths: true, sourceMaps: true, interopDefault: false });
  const transform = (file: string, source: string) => jiti.transform({ source, filename: file, ts: /ts$/.test(file), async: true });
  return {
    load: (file) => jiti.import(file),
    findFault: (file, source) => readFault(file, transform(file, source)),
    originalPlace: (place, source) => mapBack(place, transform(place.file, source)),
  };
}

/** jiti turns what its parser refuses into a module that throws it; the column counts from 0. */
function readFault(file: string, output: string): { readonly place: Place; readonly text: string } | null {
  const match = /^exports\.__JITI_ERROR__ = (\{.*\})/.exec(output);
  if (!match) return null;
  const { line, column, message } = JSON.parse(match[1]!) as { line: number; column: number; message: string };
  return { text: message.trim(), place: { file, line, column: column + 1 } };
}

function mapBack(place: Place, output: string): Place {
  // jiti wraps a module in a function that begins on the first line: there the columns are shifted.
  if (place.line === 1) return { ...place, column: 1 };
  const comment = /\/\/# sourceMappingURL=data:[^,]*;base64,([A-Za-z0-9+/=]+)/.exec(output);
  if (!comment) return place;
  const map = new SourceMap(JSON.parse(Buffer.from(comment[1]!, "base64").toString("utf8")));
  const found = map.findEntry(place.line - 1, place.column - 1);
  return "originalLine" in found ? { ...place, line: found.originalLine + 1, column: found.originalColumn + 1 } : place;
}
