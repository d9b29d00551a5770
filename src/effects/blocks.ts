/** Memory for bytes on their way out, which is used again: new pages would cost more than the copies. */

/** What an empty pipe holds (pipe(7)), so that a reader who keeps pace takes each block at once. */
export const BLOCK_BYTES = 64 * 1024;
/**
 * What is kept for the next flood: eight megabytes at most, for all outputs together. With less than a flood takes, new blocks
 * would be made faster than the collector finds the old ones: 40 MB more.
 */
const MAX_SPARE = 128;

const spare: Buffer[] = [];

export function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** Nothing may read or write it from now on. */
export function giveBlock(memory: Buffer): void {
  if (spare.length < MAX_SPARE) spare.push(memory);
}
