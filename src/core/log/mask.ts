import { type ByteString, encode } from "./bytes.ts";

/**
 * A value that is shorter is not masked: it would be found in half of all lines, and the holes would give it away. Of a value of
 * several lines each line counts by itself, as programs print and indent them one by one.
 */
export const MIN_SECRET_LENGTH = 4;

export const MASK = "***";

/** Masks values in one stream, however it is cut into chunks. */
export interface StreamMask {
  /** What is safe to pass on; what may be the beginning of a value is held back, which is never more than a part of one line. */
  push(chunk: ByteString): ByteString;
  /** What was held back. */
  end(): ByteString;
}

export interface Mask {
  /** Text that is whole. */
  apply(text: string): string;
  stream(): StreamMask;
}

/** null where none of the values can be masked. */
export function createMask(values: readonly string[]): Mask | null {
  const words = wordsOf(values);
  if (words.length === 0) return null;
  const bytes = words.map(encode);
  return { apply: (text) => maskUpTo(text, text.length, words, 0).text, stream: () => createStreamMask(bytes) };
}

export function isMaskable(value: string): boolean {
  return wordsOf([value]).length > 0;
}

function wordsOf(values: readonly string[]): string[] {
  const words = values.flatMap((value) => value.split(/[\r\n]+/)).map((line) => line.trim());
  return [...new Set(words)].filter((word) => word.length >= MIN_SECRET_LENGTH);
}

interface Masked {
  readonly text: string;
  /** So many characters of what follows belong to a value whose mask is in the text already. */
  readonly covered: number;
}

/** The text before `end`. Where values overlap, or one holds another, all of them is one mask. */
function maskUpTo(text: string, end: number, words: readonly string[], covered: number): Masked {
  let masked = "";
  let at = covered;
  for (const { from, to } of occurrences(text, words)) {
    if (from >= end) break;
    if (from >= at) masked += text.slice(at, from) + MASK;
    at = Math.max(at, to);
  }
  return { text: at < end ? masked + text.slice(at, end) : masked, covered: Math.max(0, at - end) };
}

interface Occurrence {
  readonly from: number;
  readonly to: number;
}

function occurrences(text: string, words: readonly string[]): Occurrence[] {
  const found: Occurrence[] = [];
  for (const word of words) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) found.push({ from: at, to: at + word.length });
  }
  return found.sort((a, b) => a.from - b.from);
}

function createStreamMask(words: readonly ByteString[]): StreamMask {
  const longest = Math.max(...words.map(({ length }) => length));
  let held = "";
  let covered = 0;
  const passOn = (text: ByteString, end: number): ByteString => {
    const masked = maskUpTo(text, end, words, covered);
    held = text.slice(end);
    covered = masked.covered;
    return masked.text;
  };
  return {
    push(chunk) {
      const text = held + chunk;
      return passOn(text, undecidedFrom(text, words, longest));
    },
    end: () => passOn(held, held.length),
  };
}

/** From where on the text could still become a value, or a longer one than it is: its end, where it cannot. */
function undecidedFrom(text: ByteString, words: readonly ByteString[], longest: number): number {
  for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++) {
    const rest = text.slice(at);
    if (words.some((word) => word.length > rest.length && word.startsWith(rest))) return at;
  }
  return text.length;
}
