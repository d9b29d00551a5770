/**
 * The machine code of the fast lane (see lane.ts), assembled from the instructions of WebAssembly 2.0 (fixed-width SIMD).
 * `prefix(src, end, dst, prefixLength)` copies the lines between `src` and `end`, sixteen bytes at a time, to `dst`, and
 * puts the prefix that stands at address 0 behind each newline. It returns the address behind the last byte written; the
 * same address negated where a byte above 0x7f was among them; and 0 where some byte needs care or the room ran out.
 */
export const PAGE_BYTES = 65_536;
export const PAGES = 8;
export const MAX_PREFIX_BYTES = 256;

const VECTOR = 16;
/** Beyond it, a step could write past the end: a vector, and a prefix rounded up to whole vectors. */
const LAST_DST = PAGES * PAGE_BYTES - MAX_PREFIX_BYTES - 2 * VECTOR;

type Code = readonly number[];
type Local = number;
const SRC: Local = 0;
const END: Local = 1;
const DST: Local = 2;
const PREFIX_LENGTH: Local = 3;
const VALUE: Local = 4;
const NEWLINES: Local = 5;
const STEP: Local = 6;
const SEEN: Local = 7;
const FLAGGED: Local = 8;
const SPACES: Local = 9;
const DELS: Local = 10;
const C2S: Local = 11;

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
const isZero = (a: Code): Code => [...a, 0x45];
const trailingZeros = (a: Code): Code => [...a, 0x68];
const select = (yes: Code, no: Code, condition: Code): Code => [...yes, ...no, ...condition, 0x1b];

const load = (address: Code): Code => [...address, 0xfd, 0x00, 0x00, 0x00];
const store = (address: Code, value: Code): Code => [...address, ...value, 0xfd, 0x0b, 0x00, 0x00];
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

/** C0, DEL, and the lead byte of U+0080–U+00BF, among which the C1 controls are. */
const flagged = vectorOr(
  vectorOr(bytesBelow(get(VALUE), get(SPACES)), bytesEqual(get(VALUE), get(DELS))),
  bytesEqual(get(VALUE), get(C2S)),
);

const needsCare = anyBit(vectorAndNot(get(FLAGGED), vectorOr(get(NEWLINES), bytesEqual(get(VALUE), sixteen(0x09)))));

/** The room is only looked at where it shrinks: between two newlines as many bytes are written as read. */
const runsOut = isAbove(add(get(DST), subtract(get(END), get(SRC))), constant(LAST_DST));

const advance = (by: Code): Code => [...set(SRC, add(get(SRC), by)), ...set(DST, add(get(DST), by))];

const copyPrefix: Code = [
  ...set(STEP, constant(0)),
  ...loop([
    ...store(add(get(DST), get(STEP)), load(get(STEP))),
    ...set(STEP, add(get(STEP), constant(VECTOR))),
    ...againWhile(isBelow(get(STEP), get(PREFIX_LENGTH))),
  ]),
  ...set(DST, add(get(DST), get(PREFIX_LENGTH))),
];

const finish = give(select(subtract(constant(0), get(DST)), get(DST), highBits(get(SEEN))));

const body: Code = [
  ...set(SPACES, sixteen(0x20)),
  ...set(DELS, sixteen(0x7f)),
  ...set(C2S, sixteen(0xc2)),
  ...loop([
    ...when(isAtLeast(get(SRC), get(END)), finish),
    ...set(VALUE, load(get(SRC))),
    ...store(get(DST), get(VALUE)),
    ...set(SEEN, vectorOr(get(SEEN), get(VALUE))),
    ...set(FLAGGED, flagged),
    ...when(isZero(highBits(get(FLAGGED))), [...advance(constant(VECTOR)), ...again(1)]),
    ...set(NEWLINES, bytesEqual(get(VALUE), sixteen(0x0a))),
    ...when(needsCare, give(constant(0))),
    ...set(STEP, highBits(get(NEWLINES))),
    ...when(isZero(get(STEP)), [...advance(constant(VECTOR)), ...again(1)]),
    ...set(STEP, add(trailingZeros(get(STEP)), constant(1))),
    ...advance(get(STEP)),
    ...when(runsOut, give(constant(0))),
    ...copyPrefix,
    ...again(0),
  ]),
  UNREACHABLE,
];

export function laneModule(): Uint8Array {
  const locals: Code = [3, 2, V128, 1, I32, 5, V128];
  const code: Code = [...locals, ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 4, I32, I32, I32, I32, 1, I32]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0x01, PAGES, PAGES]),
    ...section(7, [2, ...name("memory"), 0x02, 0, ...name("prefix"), 0x00, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
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
