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
  return { apply: (text) => replaceAll(text, patternOf(words)), stream: () => createStreamMask(bytes) };
}

export function isMaskable(value: string): boolean {
  return wordsOf([value]).length > 0;
}

/** The longest first: where one value begins another, all of the longer one goes. */
function wordsOf(values: readonly string[]): string[] {
  const words = values.flatMap((value) => value.split(/[\r\n]+/)).map((line) => line.trim());
  return [...new Set(words)].filter((word) => word.length >= MIN_SECRET_LENGTH).sort((a, b) => b.length - a.length);
}

function patternOf(words: readonly string[]): RegExp {
  return new RegExp(words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
}

function replaceAll(text: string, pattern: RegExp): string {
  // A function: `$&` in the mask would be special otherwise, and costs nothing.
  return text.replace(pattern, MASK);
}

function createStreamMask(words: readonly ByteString[]): StreamMask {
  const pattern = patternOf(words);
  const longest = words[0]?.length ?? 0;
  let held = "";
  return {
    push(chunk) {
      const text = held + chunk;
      const from = undecidedFrom(text, { words, pattern, longest });
      held = text.slice(from);
      return replaceAll(text.slice(0, from), pattern);
    },
    end() {
      const text = held;
      held = "";
      return replaceAll(text, pattern);
    },
  };
}

interface Words {
  readonly words: readonly ByteString[];
  readonly pattern: RegExp;
  readonly longest: number;
}

/** From where on the text could still become a value, or a longer one than it is; matches before that are whole. */
function undecidedFrom(text: ByteString, { words, pattern, longest }: Words): number {
  let at = Math.max(0, text.length - longest + 1);
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    const open = openingBetween(text, at, match.index, words);
    if (open <= match.index) return open;
    at = Math.max(at, end);
  }
  return openingBetween(text, at, text.length - 1, words);
}

/** The first place from `from` to `to` where what is left of the text begins a longer word; the text's end where there is none. */
function openingBetween(text: ByteString, from: number, to: number, words: readonly ByteString[]): number {
  for (let at = from; at <= to; at++) {
    const rest = text.slice(at);
    if (words.some((word) => word.length > rest.length && word.startsWith(rest))) return at;
  }
  return text.length;
}
