import { type ByteString, encode } from "./bytes.ts";
import type { LogStyle } from "./style.ts";

/** The name under which svc itself speaks. */
export const OWN_NAME = "svc";

const RESET = "\x1b[0m";
const BOLD = "\x1b[1m";
const DIM = "\x1b[2m";
/** SGR codes of the sixteen basic colours, which follow the terminal's theme; red is left to errors, black and white to text. */
const COLOURS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

/** A name's colour depends on nothing but the name: it is the same in every run and whatever runs beside it. */
export function colourOf(name: string): number {
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return COLOURS[(hash >>> 0) % COLOURS.length] ?? 36;
}

/** What stands before each line of a name, without a time: `web   │ `. */
export function namePrefix(name: string, width: number, style: LogStyle): ByteString {
  const padded = name.padEnd(width);
  if (style.format === "plain") return `${padded} | `;
  if (!style.colour) return encode(`${padded} │ `);
  const colour = name === OWN_NAME ? BOLD : `\x1b[${colourOf(name)}m`;
  return encode(`${colour}${padded} │${RESET} `);
}

export function timePrefix(time: number, style: LogStyle): ByteString {
  if (!style.timestamps) return "";
  const stamp = new Date(time).toISOString();
  return style.colour ? `${DIM}${stamp}${RESET} ` : `${stamp} `;
}
