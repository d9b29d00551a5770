/**
 * The machine code of the fast lane (see lane.ts), assembled from the instructions of WebAssembly 2.0 (fixed-width SIMD).
 * `prefix(src, end, dst, betweenLength)` copies the lines between `src` and `end`, a vector at a time, to `dst`, and puts what
 * stands at address 0 in the place of each newline; `json` also puts a backslash before each quote and backslash. Both return
 * the address behind the last byte written; the same address negated where a byte above 0x7f was among them; and 0 where some
 * byte needs care or the room ran out. What stands from `end` on, two vectors long, becomes blanks: the last step reads it.
 */
export const PAGE_BYTES = 65_536;
export const PAGES = 10;
export const MAX_BETWEEN_BYTES = 256;

const VECTOR = 16;
/** So much is read and written beyond the text. */
export const MARGIN_BYTES = 2 * VECTOR;
/** Beyond it, a step could write past the end: two vectors, and what is put in rounded up to whole vectors. */
const LAST_DST = PAGES * PAGE_BYTES - MAX_BETWEEN_BYTES - MARGIN_BYTES - VECTOR;

type Code = readonly number[];
type Local = number;
const SRC: Local = 0;
const END: Local = 1;
const DST: Local = 2;
const BETWEEN_LENGTH: Local = 3;
const STEP: Local = 4;
const VALUE: Local = 5;
const NEXT: Local = 6;
const NEWLINES: Local = 7;
const SEEN: Local = 8;
const QUOTES: Local = 9;
const BLANKS: Local = 10;
const FLAGGED: Local = 11;

const I32 = 0x7f;
const V128 = 0x7b;
const NO_RESULT = 0x40;

const get = (local: Local): Code => [0x20, local];
const set = (local: Local, value: Code): Code => [...value, 0x21, local];
const constant = (value: number): Code => [0x41, ...signedLeb(value)];
const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
const subtract = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
const isBelow = (a: Code, b: Code): Code => [...a, ...b, 0x49];
const isAbove = (a: Code, b: Code): Code => [...a, ...b, 0x4b];
const isAtLeast = (a: Code, b: Code): Code => [...a, ...b, 0x4f];
const shiftRight = (a: Code, b: Code): Code => [...a, ...b, 0x76];
const and = (a: Code, b: Code): Code => [...a, ...b, 0x71];
const isZero = (a: Code): Code => [...a, 0x45];
const trailingZeros = (a: Code): Code => [...a, 0x68];
const select = (yes: Code, no: Code, condition: Code): Code => [...yes, ...no, ...condition, 0x1b];

const load = (address: Code, offset = 0): Code => [...address, 0xfd, 0x00, 0x00, offset];
const store = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0xfd, 0x0b, 0x00, offset];
const loadByte = (address: Code): Code => [...address, 0x2d, 0x00, 0x00];
const storeByte = (address: Code, value: Code): Code => [...address, ...value, 0x3a, 0x00, 0x00];
const sixteen = (byte: number): Code => [...constant(byte), 0xfd, 0x0f];
const bytesEqual = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x23];
const bytesBelow = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x26];
const vectorAndNot = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x4f];
const vectorOr = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x50];
const anyBit = (a: Code): Code => [...a, 0xfd, 0x53];
const highBits = (a: Code): Code => [...a, 0xfd, 0x64];

const when = (condition: Code, body: Code): Code => [...condition, 0x04, NO_RESULT, ...body, 0x0b];
const loop = (body: Code): Code => [0x03, NO_RESULT, ...body, 0x0b];
const again = (depth: number): Code => [0x0c, depth];
const againWhile = (condition: Code): Code => [...condition, 0x0d, 0x00];
const give = (value: Code): Code => [...value, 0x0f];
const UNREACHABLE = 0x00;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const quotesIn = (value: Code): Code => vectorOr(bytesEqual(value, sixteen(QUOTE)), bytesEqual(value, sixteen(BACKSLASH)));

/** C0, DEL, the lead byte of U+0080–U+00BF, among which the C1 controls are, and what JSON escapes. */
const flagged = (value: Code, json: boolean): Code => {
  const controls = vectorOr(bytesBelow(value, get(BLANKS)), bytesEqual(value, sixteen(0x7f)));
  const special = bytesEqual(value, sixteen(0xc2));
  return vectorOr(controls, json ? vectorOr(special, quotesIn(value)) : special);
};
const hasNone = (vector: Code): Code => isZero(highBits(vector));

/** JSON knows no bare tab. */
const harmless = (json: boolean): Code => vectorOr(get(NEWLINES), json ? get(QUOTES) : bytesEqual(get(VALUE), sixteen(0x09)));

/** The room is only looked at where it shrinks: everywhere else as many bytes are written as read. */
const runsOut = isAbove(add(get(DST), subtract(get(END), get(SRC))), constant(LAST_DST));

const advance = (by: Code): Code => [...set(SRC, add(get(SRC), by)), ...set(DST, add(get(DST), by))];

const copyBetween: Code = [
  ...set(STEP, constant(0)),
  ...loop([
    ...store(add(get(DST), get(STEP)), load(get(STEP))),
    ...set(STEP, add(get(STEP), constant(VECTOR))),
    ...againWhile(isBelow(get(STEP), get(BETWEEN_LENGTH))),
  ]),
  ...set(DST, add(get(DST), get(BETWEEN_LENGTH))),
];

const copyEscaped: Code = [
  ...storeByte(get(DST), constant(BACKSLASH)),
  ...storeByte(add(get(DST), constant(1)), loadByte(get(SRC))),
  ...set(SRC, add(get(SRC), constant(1))),
  ...set(DST, add(get(DST), constant(2))),
];

const isQuote = and(shiftRight(highBits(get(QUOTES)), get(STEP)), constant(1));

const finish = give(select(subtract(constant(0), get(DST)), get(DST), highBits(get(SEEN))));

const weaver = (json: boolean): Code => [
  ...set(BLANKS, sixteen(0x20)),
  ...store(get(END), get(BLANKS)),
  ...store(get(END), get(BLANKS), VECTOR),
  ...loop([
    ...when(isAtLeast(get(SRC), get(END)), finish),
    ...set(VALUE, load(get(SRC))),
    ...set(NEXT, load(get(SRC), VECTOR)),
    ...store(get(DST), get(VALUE)),
    ...store(get(DST), get(NEXT), VECTOR),
    ...set(SEEN, vectorOr(get(SEEN), vectorOr(get(VALUE), get(NEXT)))),
    ...set(FLAGGED, flagged(get(VALUE), json)),
    ...when(hasNone(vectorOr(get(FLAGGED), flagged(get(NEXT), json))), [...advance(constant(2 * VECTOR)), ...again(1)]),
    ...when(hasNone(get(FLAGGED)), [...advance(constant(VECTOR)), ...again(1)]),
    ...set(NEWLINES, bytesEqual(get(VALUE), sixteen(0x0a))),
    ...(json ? set(QUOTES, quotesIn(get(VALUE))) : []),
    ...when(anyBit(vectorAndNot(get(FLAGGED), harmless(json))), give(constant(0))),
    ...set(STEP, highBits(json ? vectorOr(get(NEWLINES), get(QUOTES)) : get(NEWLINES))),
    ...when(isZero(get(STEP)), [...advance(constant(VECTOR)), ...again(1)]),
    ...set(STEP, trailingZeros(get(STEP))),
    ...advance(get(STEP)),
    ...when(runsOut, give(constant(0))),
    ...(json ? when(isQuote, [...copyEscaped, ...again(1)]) : []),
    ...set(SRC, add(get(SRC), constant(1))),
    ...copyBetween,
    ...again(0),
  ]),
  UNREACHABLE,
];

export function laneModule(): Uint8Array {
  const locals: Code = [2, 1, I32, 7, V128];
  const functions = [weaver(false), weaver(true)].flatMap((body) => {
    const code = [...locals, ...body, 0x0b];
    return [...leb(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 4, I32, I32, I32, I32, 1, I32]),
    ...section(3, [2, 0, 0]),
    ...section(5, [1, 0x01, PAGES, PAGES]),
    ...section(7, [3, ...name("memory"), 0x02, 0, ...name("prefix"), 0x00, 0, ...name("json"), 0x00, 1]),
    ...section(10, [2, ...functions]),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...leb(content.length), ...content];
}

function name(text: string): Code {
  return [text.length, ...Array.from(text, (character) => character.charCodeAt(0))];
}

function leb(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function signedLeb(value: number): Code {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >>> 7)];
}
