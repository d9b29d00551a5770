/**
 * Text whose every character is one byte (0–255). UTF-8 passes through unharmed, however it is cut, and the engine's
 * one-byte strings are the cheapest that it has.
 */
export type ByteString = string;

/** What a pipe delivers; a Node `Buffer` fits. */
export type Bytes = Uint8Array & {
  toString(encoding: "latin1", start?: number, end?: number): ByteString;
};

// A byte-order mark inside a log is a character like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** The characters that the bytes stand for; invalid UTF-8 becomes U+FFFD. */
export function decode(bytes: ByteString): string {
  return isAscii(bytes) ? bytes : decoder.decode(toUint8Array(bytes));
}

/** The UTF-8 of a text; a lone surrogate becomes U+FFFD. */
export function encode(text: string): ByteString {
  return isAscii(text) ? text : fromUint8Array(encoder.encode(text));
}

/** True where no byte is above 0x7f. */
export function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}

/** Well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF (RFC 3629, section 4). */
export function isUtf8(bytes: ByteString): boolean {
  let at = 0;
  while (at < bytes.length) {
    const width = sequenceAt(bytes, at);
    if (width === 0) return false;
    at += width;
  }
  return true;
}

/** How many bytes the sequence that begins here has; 0 where none does. */
export function sequenceAt(bytes: ByteString, at: number): number {
  const lead = bytes.charCodeAt(at);
  if (lead < 0x80) return 1;
  const width = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte has a range of its own after these four leads; every later byte is 80–BF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let offset = 1; offset < width; offset++) {
    const byte = bytes.charCodeAt(at + offset);
    const fits = offset === 1 ? byte >= low && byte <= high : byte >= 0x80 && byte <= 0xbf;
    if (!fits) return 0;
  }
  return width;
}

/** The greatest length up to `limit` at which no character of valid UTF-8 is cut in two. */
export function cutAt(bytes: ByteString, limit: number): number {
  for (let at = limit; at > limit - 4 && at > 0; at--) {
    if ((bytes.charCodeAt(at) & 0xc0) !== 0x80) return at;
  }
  return limit;
}

function toUint8Array(bytes: ByteString): Uint8Array {
  const array = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) array[at] = bytes.charCodeAt(at);
  return array;
}

/** Arguments of one call live on the stack, so a long text goes in parts. */
const PART = 8192;

function fromUint8Array(array: Uint8Array): ByteString {
  let text = "";
  for (let at = 0; at < array.length; at += PART) text += String.fromCharCode(...array.subarray(at, at + PART));
  return text;
}
