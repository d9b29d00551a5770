import { type ByteString, isAscii } from "./bytes.ts";

/**
 * What a service's line may do to the terminal. `plain`: nothing, colours are dropped and every other control character is
 * shown. `pretty`: colours (SGR, ECMA-48 8.3.117) pass where they are wanted, other escape sequences vanish, what is left
 * of control characters is shown, and a CR begins a new line.
 */
const UTF8_CHARACTER = [
  "[\\xc2-\\xdf][\\x80-\\xbf]",
  "\\xe0[\\xa0-\\xbf][\\x80-\\xbf]",
  "[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}",
  "\\xed[\\x80-\\x9f][\\x80-\\xbf]",
  "\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}",
  "[\\xf1-\\xf3][\\x80-\\xbf]{3}",
  "\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}",
].join("|");
const CONTROL_BYTE = "[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f]";
const SGR = "\\x1b\\[[0-9;:]*m";
const CSI = "\\x1b\\[[0-?]*[ -/]*[@-~]";
/** OSC, DCS, SOS, PM, APC: they end with BEL or ST. */
const CONTROL_STRING = "\\x1b[\\]PX^_][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)";
const SHORT_SEQUENCE = "\\x1b[ -/]+[0-~]|\\x1b[0-OQ-WYZ\\\\`-~]";

const PLAIN_TOKEN = new RegExp(`${SGR}|${UTF8_CHARACTER}|${CONTROL_BYTE}`, "g");
const PRETTY_TOKEN = new RegExp(`${CSI}|${CONTROL_STRING}|${SHORT_SEQUENCE}|${UTF8_CHARACTER}|${CONTROL_BYTE}`, "g");
const ALL_SGR = new RegExp(SGR, "g");
const ONLY_SGR = new RegExp(`^${SGR}$`);
const RESET = "\x1b[0m";

/** A CRLF is a line's end; a lone CR is a control character like the others. */
export function plainLine(line: ByteString): ByteString {
  return withoutCr(line).replace(PLAIN_TOKEN, (token) => (token.startsWith("\x1b") && token.length > 1 ? "" : shown(token)));
}

/** What somebody reads of a line, and looks for in it. */
export function withoutColours(text: string): string {
  return text.replace(ALL_SGR, "");
}

/** The lines that one line makes: a CR inside it begins another, and one at its beginning or end adds none. */
export function prettyLines(line: ByteString, colour: boolean): ByteString[] {
  if (!line.includes("\r")) return [prettyLine(line, colour)];
  const parts = line.split(/\r+/).filter((part) => part !== "");
  return parts.length === 0 ? [""] : parts.map((part) => prettyLine(part, colour));
}

function prettyLine(line: ByteString, colour: boolean): ByteString {
  let coloured = false;
  const safe = line.replace(PRETTY_TOKEN, (token) => {
    if (!token.startsWith("\x1b") || token.length === 1) return shown(token);
    if (!colour || !ONLY_SGR.test(token)) return "";
    coloured = true;
    return token;
  });
  return coloured ? safe + RESET : safe;
}

function withoutCr(line: ByteString): ByteString {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** A control byte, or a character of UTF-8 of which only C2 80 to C2 9F (U+0080–U+009F) are controls. */
function shown(token: ByteString): ByteString {
  const isControl = token.length === 1 || (token.startsWith("\xc2") && token <= "\xc2\x9f");
  return isControl
    ? `\\x${token
        .charCodeAt(token.length - 1)
        .toString(16)
        .padStart(2, "0")}`
    : token;
}

/** True where some byte of the text is, or may be, part of a control character other than tab and newline. */
export function needsCare(text: ByteString, isUtf8: (text: ByteString) => boolean): boolean {
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(text)) return true;
  if (isAscii(text)) return false;
  return /\xc2[\x80-\x9f]/.test(text) || !isUtf8(text);
}
