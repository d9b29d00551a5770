import type { ByteString } from "../../../core/log/bytes.ts";
import { BLOCK_BYTES, fillBlock, giveBlock, takeBlock } from "../sink/blocks.ts";

/** Whole lines on their way to a file, in blocks of memory that are used again. */
export interface LineQueue {
  bytes(): number;
  /** Copies whole lines. */
  add(lines: ByteString | Uint8Array): void;
  /**
   * The first whole lines, as many as `limit` bytes hold; where `one` is true, one at least. Their memory is good until
   * `release`, which is to be called before the next `take`.
   */
  take(limit: number, one: boolean): Buffer[];
  release(): void;
}

const NEWLINE = 10;

let waiting = 0;

/** Of all logs together. */
export function waitingBytes(): number {
  return waiting;
}

interface Block {
  readonly memory: Buffer;
  start: number;
  end: number;
}

export function createLineQueue(): LineQueue {
  const blocks: Block[] = [];
  let taken: Block[] = [];
  let bytes = 0;

  const add = (lines: ByteString | Uint8Array): void => {
    for (let at = 0; at < lines.length; ) {
      let last = blocks.at(-1);
      if (last === undefined || last.end === BLOCK_BYTES) {
        last = { memory: takeBlock(), start: 0, end: 0 };
        blocks.push(last);
      }
      const count = fillBlock(last.memory, last.end, lines, at);
      last.end += count;
      at += count;
    }
    bytes += lines.length;
    waiting += lines.length;
  };

  /** Where the last line within the first `limit` bytes ends. */
  const cut = (limit: number): number => {
    if (bytes <= limit) return bytes;
    let from = bytes;
    for (let at = blocks.length - 1; at >= 0; at--) {
      const { memory, start, end } = blocks[at] as Block;
      from -= end - start;
      if (from >= limit) continue;
      const found = memory.lastIndexOf(NEWLINE, start + Math.min(end - start, limit - from) - 1);
      if (found >= start) return from + found - start + 1;
    }
    return 0;
  };
  const firstLine = (): number => {
    let before = 0;
    for (const { memory, start, end } of blocks) {
      const found = memory.indexOf(NEWLINE, start);
      if (found >= 0 && found < end) return before + found - start + 1;
      before += end - start;
    }
    return before;
  };

  return {
    bytes: () => bytes,
    add,
    take(limit, one) {
      let left = cut(limit);
      if (left === 0 && one) left = firstLine();
      const parts: Buffer[] = [];
      bytes -= left;
      waiting -= left;
      while (left > 0) {
        const first = blocks[0] as Block;
        const count = Math.min(left, first.end - first.start);
        parts.push(first.memory.subarray(first.start, first.start + count));
        first.start += count;
        left -= count;
        if (first.start < first.end) continue;
        taken.push(first);
        blocks.shift();
      }
      return parts;
    },
    release() {
      for (const { memory } of taken) giveBlock(memory);
      taken = [];
    },
  };
}
