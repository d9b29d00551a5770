import { writeSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { ByteString } from "../core/log/bytes.ts";
import { countNewlines, type OnTrouble, type Sink } from "./sink.ts";

export interface StreamTarget {
  readonly stream: Writable;
  /** The stream's descriptor, where it is non-blocking: what it takes at once goes there directly, at half the cost. */
  readonly fd: number | null;
  readonly name: string;
  readonly terminal: boolean;
}

/**
 * A pipe, a socket or a terminal. Its writes never block: what the reader has not taken waits here, and meanwhile the
 * sources are paused, so that what waits is at most what each of them had already read.
 */
export function createStreamSink({ stream, fd, name, terminal }: StreamTarget, onTrouble: OnTrouble): Sink {
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

/**
 * What an empty pipe holds (pipe(7)), so that a reader who keeps pace takes each block at once. A prefixed chunk is a
 * little more than a pipe takes: written as it is, it would cost a wait and a pause of all sources for its last lines.
 */
const BLOCK_BYTES = 64 * 1024;

interface Block {
  length(): number;
  room(): number;
  bytes(): Buffer;
  /** Adds what fits, from `at` on; returns how much that was. */
  add(lines: ByteString | Uint8Array, at: number): number;
  clear(): void;
}

function createBlock(): Block {
  let memory: Buffer | null = null;
  let length = 0;
  return {
    length: () => length,
    room: () => BLOCK_BYTES - length,
    bytes: () => (memory ?? Buffer.alloc(0)).subarray(0, length),
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

/** The pipes that feed a sink, paused and resumed together. */
function createSources() {
  const joined = new Set<Readable>();
  let paused = false;
  // At the exit of a process Node resumes its pipes by itself (flushStdio), so that unread ones do not keep it from ending.
  function stayPaused(this: Readable): void {
    if (paused) this.pause();
  }
  return {
    join(source: Readable): void {
      joined.add(source);
      source.on("resume", stayPaused);
      if (paused) source.pause();
    },
    leave(source: Readable): void {
      joined.delete(source);
      source.off("resume", stayPaused);
    },
    pause(): void {
      paused = true;
      for (const source of joined) source.pause();
    },
    resume(): void {
      if (!paused) return;
      paused = false;
      for (const source of joined) source.resume();
    },
  };
}
