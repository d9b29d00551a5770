import type { ByteString } from "../core/log/bytes.ts";

/**
 * What an empty pipe holds (pipe(7)), so that a reader who keeps pace takes each block at once. A prefixed chunk is a
 * little more than a pipe takes: written as it is, it would cost a wait and a pause of all sources for its last lines.
 */
export const BLOCK_BYTES = 64 * 1024;

export interface Block {
  length(): number;
  room(): number;
  bytes(): Buffer;
  /** Adds what fits, from `at` on; returns how much that was. */
  add(lines: ByteString | Uint8Array, at: number): number;
  clear(): void;
}

export function createBlock(): Block {
  let memory: Buffer | null = null;
  let length = 0;
  return {
    length: () => length,
    room: () => BLOCK_BYTES - length,
    bytes: () => (memory !== null && length === BLOCK_BYTES ? memory : (memory ?? Buffer.alloc(0)).subarray(0, length)),
    add(lines, at) {
      memory ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
      const count = Math.min(lines.length - at, BLOCK_BYTES - length);
      if (typeof lines === "string") memory.write(at === 0 ? lines : lines.slice(at), length, count, "latin1");
      else memory.set(at === 0 && count === lines.length ? lines : lines.subarray(at, at + count), length);
      length += count;
      return count;
    },
    clear() {
      length = 0;
    },
  };
}
