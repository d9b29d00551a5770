import type { Readable, Writable } from "node:stream";
import type { ByteString } from "../core/log/bytes.ts";
import { countNewlines, type OnTrouble, type Sink } from "./sink.ts";

/**
 * A pipe, a socket or a terminal. Its writes never block: what the reader has not taken waits here, and meanwhile the
 * sources are paused, so that what waits is at most what each of them had already read.
 */
export function createStreamSink(stream: Writable, name: string, terminal: boolean, onTrouble: OnTrouble): Sink {
  const sources = createSources();
  let inFlight: ByteString | Uint8Array | null = null;
  let queue: ByteString[] = [];
  let waiting = 0;
  let gone = false;
  let dropped = 0;
  let settle: (() => void)[] = [];

  const send = (lines: ByteString | Uint8Array): void => {
    if (typeof lines === "string") stream.write(lines, "latin1", written);
    else stream.write(lines, written);
    // The kernel took all of it at once, whatever the return value of `write` (which compares with a mark of 16 KiB).
    if (stream.writableLength === 0) return;
    inFlight = lines;
    sources.pause();
  };
  const written = (error?: Error | null): void => {
    if (error || inFlight === null || stream.writableLength > 0) return;
    inFlight = null;
    if (queue.length > 0) {
      const lines = queue.join("");
      queue = [];
      waiting = 0;
      send(lines);
    }
    if (inFlight === null) release();
  };
  const release = (): void => {
    sources.resume();
    const resolvers = settle;
    settle = [];
    for (const resolve of resolvers) resolve();
  };
  const abandon = (): void => {
    if (gone) return;
    gone = true;
    dropped += countNewlines(inFlight ?? "") + queue.reduce((sum, lines) => sum + countNewlines(lines), 0);
    inFlight = null;
    queue = [];
    waiting = 0;
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
    get idle() {
      return inFlight === null && !gone;
    },
    get stalled() {
      return inFlight !== null;
    },
    get gone() {
      return gone;
    },
    get waiting() {
      return waiting;
    },
    get dropped() {
      return dropped;
    },
    write(lines) {
      if (gone) {
        dropped += countNewlines(lines);
      } else if (inFlight === null) {
        send(lines);
      } else {
        queue.push(typeof lines === "string" ? lines : Buffer.from(lines).toString("latin1"));
        waiting += lines.length;
      }
    },
    discard(lines) {
      dropped += lines;
    },
    join: (source) => sources.join(source),
    leave: (source) => sources.leave(source),
    settled: () => new Promise((resolve) => (inFlight === null ? resolve() : settle.push(resolve))),
    abandon,
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
