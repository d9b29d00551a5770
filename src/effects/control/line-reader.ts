const NEWLINE = 10;

export interface LineReader {
  /** Only when `next` has answered null: one chunk is held at a time. */
  push(chunk: Buffer): void;
  /** The next whole line without its newline; null where more bytes are needed. Throws `LineTooLong`. */
  next(): string | null;
}

export class LineTooLong extends Error {}

/**
 * Cuts chunks into lines of at most `maxBytes`. What is kept of an unfinished line is copied into one buffer: a list of
 * chunks would cost a hundred times its bytes with a client that sends them one by one.
 */
export function createLineReader(maxBytes: number): LineReader {
  let chunk: Buffer = Buffer.alloc(0);
  let kept: Buffer = Buffer.alloc(0);
  let keptBytes = 0;

  const keep = (bytes: Buffer): void => {
    const needed = keptBytes + bytes.length;
    if (needed > maxBytes) throw new LineTooLong();
    if (needed > kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * kept.length));
      kept.copy(larger, 0, 0, keptBytes);
      kept = larger;
    }
    bytes.copy(kept, keptBytes);
    keptBytes = needed;
  };

  const finish = (bytes: Buffer): string => {
    if (keptBytes + bytes.length > maxBytes) throw new LineTooLong();
    if (keptBytes === 0) return bytes.toString("utf8");
    keep(bytes);
    const line = kept.toString("utf8", 0, keptBytes);
    kept = Buffer.alloc(0);
    keptBytes = 0;
    return line;
  };

  return {
    push: (next) => {
      chunk = next;
    },
    next: () => {
      const end = chunk.indexOf(NEWLINE);
      const bytes = end < 0 ? chunk : chunk.subarray(0, end);
      chunk = chunk.subarray(end < 0 ? chunk.length : end + 1);
      if (end >= 0) return finish(bytes);
      keep(bytes);
      return null;
    },
  };
}
