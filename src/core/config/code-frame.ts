import { escapeControls } from "../escape.ts";

/** A place in a file, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  /** 1 where only the line is known. */
  readonly column: number;
}

const WIDTH = 120;

/**
 * The place, its line and a caret, as one look for every loader and every Node version:
 *
 *     /app/services.ts:4:17
 *       4 |   web: { command "node" },
 *         |                  ^
 */
export function codeFrame(place: Place, source: string): string {
  const head = `${escapeControls(place.file)}:${place.line}:${place.column}`;
  const line = source.split(/\r\n|\r|\n|\u2028|\u2029/)[place.line - 1];
  if (line === undefined) return head;
  // A minified file is one line: show what stands around the place.
  const start = line.length > WIDTH && place.column > WIDTH - 40 ? place.column - 41 : 0;
  const before = printable(line.slice(start, place.column - 1));
  const after = printable(line.slice(place.column - 1, start + WIDTH));
  const gutter = `  ${place.line} | `;
  const margin = `${" ".repeat(gutter.length - 2)}| `;
  return `${head}\n${gutter}${before}${after}\n${margin}${" ".repeat(before.length)}^`;
}

/** The place of an offset in a text. */
export function placeAt(file: string, source: string, offset: number): Place {
  const lines = source.slice(0, offset).split(/\r\n|\r|\n/);
  return { file, line: lines.length, column: lines.at(-1)!.length + 1 };
}

function printable(text: string): string {
  return escapeControls(text.replaceAll("\t", " "));
}
