import { writeSync } from "node:fs";
import type { Writable } from "node:stream";
import { BLOCK_BYTES } from "./blocks.ts";
import { createSinkQueue, recycle } from "./queue.ts";
import { countNewlines, type OnTrouble, type Sink } from "./sink.ts";
import { createSources } from "./sources.ts";

export interface StreamTarget {
  readonly stream: Writable;
  /** The stream's descriptor, where it is non-blocking: what it takes at once goes there directly, at half the cost. */
  readonly fd: number | null;
  readonly name: string;
  readonly terminal: boolean;
  /** Sees to it that the next write does not block. */
  unblock(): void;
  /** How much of what the stream was given the kernel has not taken yet, in bytes. */
  unsent(): number;
}

/** So much may wait for the reader; then the sources do. */
export const STALL_BYTES = 32 * BLOCK_BYTES;
/** When so little is left they go on: to stop and start all of them for each block would cost more than the blocks. */
const RESUME_BYTES = STALL_BYTES / 2;

/** Who brings so much in a turn brings more in the next. */
const FLOOD_BYTES = 16 * 1024;
/**
 * So long what is left over behind a flood's full blocks waits for more: the pipe is full of them, and a few bytes more would be
 * a write in vain and a second wakening of the reader.
 */
const FLOOD_MS = 1;

/**
 * A pipe, a socket or a terminal. Its writes never block: what the reader has not taken waits here, and where that is much
 * the sources are paused. What waits is then at most that, and what one of them had just read.
 */
export function createStreamSink({ stream, fd, name, terminal, unblock, unsent }: StreamTarget, onTrouble: OnTrouble): Sink {
  const sources = createSources();
  const queue = createSinkQueue();
  /** What the stream has, in one write for all of it: libuv goes on with it by itself whenever the reader has made room. */
  let inFlight: readonly Buffer[] = [];
  let inFlightBytes = 0;
  let stalled = false;
  /** The kernel did not take the last write whole, and so may not take the next one: its error would cost as much as the write. */
  let slow = false;
  let scheduled = false;
  /** What came in this turn, in bytes; in a flood, in this millisecond. */
  let turnBytes = 0;
  let gone = false;
  let dropped = 0;
  let settle: (() => void)[] = [];

  const waiting = (): number => inFlightBytes + queue.bytes();
  const send = (): void => {
    const blocks = queue.take();
    unblock();
    const [first] = blocks;
    const sent = fd === null || slow || blocks.length > 1 || first === undefined ? 0 : writeAtOnce(fd, first);
    if (sent === first?.length || launch(blocks, sent)) recycle(blocks);
  };
  /** True where the kernel took all of it at once, whatever the return value of `write`, which compares with a mark. */
  const launch = (blocks: readonly Buffer[], sent: number): boolean => {
    stream.cork();
    for (const [index, block] of blocks.entries()) stream.write(index === 0 ? block.subarray(sent) : block, written);
    stream.uncork();
    slow = stream.writableLength > 0;
    if (!slow) return true;
    inFlight = blocks;
    inFlightBytes = stream.writableLength;
    return false;
  };
  const written = (error?: Error | null): void => {
    // A stream that was destroyed calls back without an error: that comes as an event.
    if (error || stream.destroyed || inFlight.length === 0 || stream.writableLength > 0) return;
    recycle(inFlight);
    inFlight = [];
    inFlightBytes = 0;
    flush();
  };
  const flush = (): void => {
    while (inFlight.length === 0 && !gone && queue.bytes() > 0) send();
    if (stalled && waiting() <= RESUME_BYTES) resume();
    if (waiting() === 0) release();
  };
  const resume = (): void => {
    stalled = false;
    sources.resume();
  };
  const release = (): void => {
    const resolvers = settle;
    settle = [];
    for (const resolve of resolvers) resolve();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    // After all pipes that have something have been read once.
    setImmediate(endTurn);
  };
  const endTurn = (): void => {
    scheduled = turnBytes >= FLOOD_BYTES;
    if (scheduled) setTimeout(endTurn, FLOOD_MS);
    else flush();
    turnBytes = 0;
  };
  const abandon = (): void => {
    if (gone) return;
    gone = true;
    dropped += countNewlines(tail(inFlight, unsent()));
    inFlight = [];
    inFlightBytes = 0;
    while (queue.bytes() > 0) for (const block of queue.take()) dropped += countNewlines(block);
    if (stalled) resume();
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
      return stalled;
    },
    get gone() {
      return gone;
    },
    get waiting() {
      return waiting();
    },
    get dropped() {
      return dropped;
    },
    write(lines) {
      if (gone) {
        dropped += countNewlines(lines);
        return;
      }
      queue.add(lines);
      turnBytes += lines.length;
      if (inFlight.length === 0 && queue.isBlockFull()) send();
      if (inFlight.length === 0) schedule();
      if (stalled || waiting() < STALL_BYTES) return;
      stalled = true;
      sources.pause();
    },
    flush,
    discard(lines) {
      dropped += lines;
    },
    join: (source) => sources.join(source),
    leave: (source) => sources.leave(source),
    settled() {
      flush();
      return new Promise((resolve) => (waiting() === 0 ? resolve() : settle.push(resolve)));
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

function tail(blocks: readonly Buffer[], bytes: number): Buffer {
  const all = Buffer.concat(blocks);
  return all.subarray(Math.max(0, all.length - bytes));
}
