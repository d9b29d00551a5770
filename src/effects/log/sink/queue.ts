import type { ByteString } from "../../../core/log/bytes.ts";
import { BLOCK_BYTES, fillBlock, giveBlock, takeBlock } from "./blocks.ts";

/** What a stream is to be given, in blocks. */
export interface SinkQueue {
  bytes(): number;
  /** True where a whole block waits. */
  isBlockFull(): boolean;
  add(lines: ByteString | Uint8Array): void;
  /** The full blocks; where there is none, what the open one holds. */
  take(): Buffer[];
}

export function createSinkQueue(): SinkQueue {
  let full: Buffer[] = [];
  let open: Buffer | null = null;
  let length = 0;
  return {
    bytes: () => full.length * BLOCK_BYTES + length,
    isBlockFull: () => full.length > 0,
    add(lines) {
      for (let at = 0; at < lines.length; ) {
        open ??= takeBlock();
        const count = fillBlock(open, length, lines, at);
        at += count;
        length += count;
        if (length < BLOCK_BYTES) continue;
        full.push(open);
        open = null;
        length = 0;
      }
    },
    take() {
      if (full.length === 0 && open !== null) {
        full.push(open.subarray(0, length));
        open = null;
        length = 0;
      }
      const taken = full;
      full = [];
      return taken;
    },
  };
}

/** What was taken is written: its memory may be used again. */
export function recycle(blocks: readonly Buffer[]): void {
  for (const block of blocks) giveBlock(block.length === BLOCK_BYTES ? block : Buffer.from(block.buffer, 0, BLOCK_BYTES));
}
