import type { ByteString } from "../../../core/log/bytes.ts";

/** Memory for bytes on their way out, which is used again: new pages would cost more than the copies. */

/** What an empty pipe holds (pipe(7)), so that a reader who keeps pace takes each block at once. */
export const BLOCK_BYTES = 64 * 1024;
/**
 * What is kept for the next flood: eight megabytes at most, for all outputs together. With less than a flood takes, new blocks
 * would be made faster than the collector finds the old ones: 40 MB more.
 */
const MAX_SPARE = 128;

const spare: Buffer[] = [];

/** Copies lines, from `at` on, behind the first `length` bytes of a block, as far as there is room. Returns how many bytes. */
export function fillBlock(memory: Buffer, length: number, lines: ByteString | Uint8Array, at: number): number {
  const count = Math.min(lines.length - at, BLOCK_BYTES - length);
  if (typeof lines === "string") memory.write(at === 0 ? lines : lines.slice(at), length, count, "latin1");
  else memory.set(at === 0 && count === lines.length ? lines : lines.subarray(at, at + count), length);
  return count;
}

export function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** Nothing may read or write it from now on. */
export function giveBlock(memory: Buffer): void {
  if (spare.length < MAX_SPARE) spare.push(memory);
}
