/** Memory for bytes on their way out, which is used again: new pages would cost more than the copies. */

/** What an empty pipe holds (pipe(7)), so that a reader who keeps pace takes each block at once. */
export const BLOCK_BYTES = 64 * 1024;
/** What is kept for the next flood: two megabytes, for all outputs together. */
const MAX_SPARE = 32;

const spare: Buffer[] = [];

export function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** Nothing may read or write it from now on. */
export function giveBlock(memory: Buffer): void {
  if (spare.length < MAX_SPARE) spare.push(memory);
}
