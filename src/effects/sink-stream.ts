import { writeSync } from "node:fs";
import type { Writable } from "node:stream";
import type { ByteString } from "../core/log/bytes.ts";
import { countNewlines, type OnTrouble, type Sink } from "./sink.ts";
import { BLOCK_BYTES, createBlock } from "./sink-block.ts";
import { createSources } from "./sink-sources.ts";

export interface StreamTarget {
  readonly stream: Writable;
  /** The stream's descriptor, where it is non-blocking: what it takes at once goes there directly, at half the cost. */
  readonly fd: number | null;
  readonly name: string;
  readonly terminal: boolean;
  /** Sees to it that the next write does not block. */
  unblock(): void;
}

/**
 * A pipe, a socket or a terminal. Its writes never block: what the reader has not taken waits here, and meanwhile the
 * sources are paused, so that what waits is at most what each of them had already read.
 */
export function createStreamSink({ stream, fd, name, terminal, unblock }: StreamTarget, onTrouble: OnTrouble): Sink {
  const sources = createSources();
  let open = createBlock();
  let full: Buffer[] = [];
  let inFlight: Buffer | null = null;
  let scheduled = false;
  /** Full blocks were sent in this turn: what is left over waits for more, one turn long. */
  let flooded = false;
  let gone = false;
  let dropped = 0;
  let settle: (() => void)[] = [];

  const send = (bytes: Buffer): void => {
    unblock();
    const sent = fd === null ? 0 : writeAtOnce(fd, bytes);
    if (sent === bytes.length) return;
    stream.write(bytes.subarray(sent), written);
    // The kernel took all of it at once, whatever the return value of `write`, which compares with a mark of 16 KiB.
    if (stream.writableLength === 0) return;
    inFlight = bytes;
    sources.pause();
  };
  const written = (error?: Error | null): void => {
    if (error || inFlight === null || stream.writableLength > 0) return;
    inFlight = null;
    flush();
  };
  const flush = (): void => {
    while (inFlight === null && !gone && (full.length > 0 || open.length() > 0)) {
      const next = full.shift();
      if (next !== undefined) send(next);
      else sendOpen();
    }
    if (inFlight === null) release();
  };
  const sendOpen = (): void => {
    send(open.bytes());
    // Memory that is on its way must not be written to.
    if (inFlight === null) open.clear();
    else open = createBlock();
  };
  const release = (): void => {
    sources.resume();
    const resolvers = settle;
    settle = [];
    for (const resolve of resolvers) resolve();
  };
  const add = (lines: ByteString | Uint8Array): void => {
    for (let at = 0; at < lines.length; ) {
      at += open.add(lines, at);
      if (open.room() > 0) continue;
      if (inFlight === null) {
        flooded = true;
        sendOpen();
      } else {
        full.push(open.bytes());
        open = createBlock();
      }
    }
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    // After all pipes that have something have been read once.
    setImmediate(endTurn);
  };
  const endTurn = (): void => {
    scheduled = false;
    if (flooded) schedule();
    else flush();
    flooded = false;
  };
  const abandon = (): void => {
    if (gone) return;
    gone = true;
    for (const bytes of [inFlight ?? Buffer.alloc(0), ...full, open.bytes()]) dropped += countNewlines(bytes);
    inFlight = null;
    full = [];
    open = createBlock();
    release();
  };
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (gone) return;
    abandon();
    onTrouble(`cannot write to ${name}: ${error.code ?? error.message}; services go on, and their last lines are kept in memory only`);
  });

  return {
    name,
    terminal,
    nowhere: false,
    get stalled() {
      return inFlight !== null;
    },
    get gone() {
      return gone;
    },
    get waiting() {
      return full.length * BLOCK_BYTES + open.length();
    },
    get dropped() {
      return dropped;
    },
    write(lines) {
      if (gone) {
        dropped += countNewlines(lines);
        return;
      }
      add(lines);
      schedule();
    },
    flush,
    discard(lines) {
      dropped += lines;
    },
    join: (source) => sources.join(source),
    leave: (source) => sources.leave(source),
    settled() {
      flush();
      return new Promise((resolve) => (inFlight === null ? resolve() : settle.push(resolve)));
    },
    abandon,
  };
}

/** How much of it the descriptor takes now. An error is left to the stream, which meets it again. */
function writeAtOnce(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes);
  } catch {
    return 0;
  }
}
