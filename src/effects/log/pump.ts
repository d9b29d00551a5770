import type { Readable } from "node:stream";
import type { StreamMask } from "../../core/log/mask.ts";
import { createSplitter, type Lines } from "../../core/log/splitter.ts";
import type { Clock } from "../clock.ts";
import { readPipe } from "../spawn/pipe-reader.ts";
import type { Gate } from "./gate.ts";

/** How long the pipes of a dead process are read on where a descendant holds them open. */
export const HELD_MS = 500;
/** Those 500 ms are counted in turns of the event loop, at this distance: a stalled reader or a busy svc stops the count. */
const TICK_MS = 50;
/** The most that a pipe holds, for all but root (fcntl(2), F_SETPIPE_SZ): what comes after it was written after the exit. */
const PIPE_BYTES = 1024 * 1024;

export interface Pump {
  /** To be called once the main process has exited. Resolves with false where the pipe was given up before its end. */
  drain(): Promise<boolean>;
  /** Gives the pipe up now. */
  cut(): void;
}

export interface PumpOptions {
  readonly gate: Gate;
  readonly clock: Pick<Clock, "arm">;
  /** What may not be shown is masked before anything else sees it. */
  readonly mask: StreamMask | null;
  /** The last line may have lacked a newline. */
  readonly onLines: (lines: Lines) => void;
}

/** Reads one pipe to its end, as fast as its gate lets it. */
export function createPump(source: Readable, { gate, clock, mask, onLines }: PumpOptions): Pump {
  const splitter = createSplitter(onLines);
  let bytes = 0;
  let open = true;
  let disarm = (): void => {};
  let resolveEnded: (whole: boolean) => void = () => {};
  const ended = new Promise<boolean>((resolve) => {
    resolveEnded = resolve;
  });
  const close = (whole: boolean): void => {
    if (!open) return;
    if (whole) peek.release();
    open = false;
    disarm();
    gate.leave(pipe);
    if (mask !== null) splitter.push(Buffer.from(mask.end(), "latin1"));
    splitter.end();
    resolveEnded(whole);
  };
  const take = (chunk: Buffer): void => {
    if (!open) return;
    bytes += chunk.length;
    splitter.push(mask === null ? chunk : Buffer.from(mask.push(chunk.toString("latin1")), "latin1"));
  };
  const peek = createPeek(gate, take);
  const pipe: Readable = readPipe(source, (chunk) => (peek.takes(chunk) ? undefined : take(chunk)));
  gate.join(pipe);
  pipe.once("end", () => close(true));
  pipe.once("close", () => close(true));
  // A read error ends the stream: what came before it is printed like any last line.
  pipe.once("error", () => close(true));
  if (pipe.readableEnded || pipe.destroyed) close(true);

  const cut = (): void => {
    close(false);
    pipe.destroy();
  };
  const tick = (): Promise<void> =>
    new Promise((resolve) => {
      disarm = clock.arm(TICK_MS, resolve);
    });
  // After a stall, not all pipes go on at the same time.
  const stalled = (): boolean => gate.stalled || pipe.isPaused();
  return {
    drain() {
      if (open) void giveUp({ tick, stalled, peek: () => peek.begin(pipe), bytes: () => bytes, cut });
      return ended;
    },
    cut,
  };
}

interface Peek {
  begin(pipe: Readable): void;
  /** True where the chunk was set aside. */
  takes(chunk: Buffer): boolean;
  /** Passes on what was set aside. */
  release(): void;
}

/**
 * One read from a pipe whose gate is closed: a process that has ended, and of whose output nothing is left, need not wait
 * for the reader. What is found is set aside until it opens.
 */
function createPeek(gate: Gate, take: (chunk: Buffer) => void): Peek {
  let pipe: Readable | null = null;
  let peeking = false;
  let aside: Buffer | null = null;
  const release = (): void => {
    const chunk = aside;
    aside = null;
    if (chunk !== null) take(chunk);
  };
  return {
    release,
    begin(source) {
      if (pipe !== null) return;
      pipe = source;
      peeking = true;
      pipe.on("resume", () => {
        if (!gate.stalled) release();
      });
      gate.leave(pipe);
      pipe.resume();
    },
    takes(chunk) {
      if (!peeking || pipe === null) return false;
      peeking = false;
      gate.join(pipe);
      if (!gate.stalled) return false;
      aside = Buffer.from(chunk);
      return true;
    },
  };
}

interface Reading {
  /** Never resolves once the pipe has ended. */
  tick(): Promise<void>;
  stalled(): boolean;
  peek(): void;
  bytes(): number;
  cut(): void;
}

/**
 * Cuts a pipe that has no end after 500 ms of reading, but not before all that stood in it at the exit was read: it was
 * seen empty, or more was read than it can hold.
 */
async function giveUp({ tick, stalled, peek, bytes, cut }: Reading): Promise<void> {
  const bytesAtExit = bytes();
  for (let readMs = 0; readMs < HELD_MS; ) {
    if (stalled()) peek();
    await tick();
    if (!stalled()) readMs += TICK_MS;
  }
  let seenEmpty = false;
  while (!seenEmpty && bytes() - bytesAtExit <= PIPE_BYTES) {
    await tick();
    const before = bytes();
    // Between a timer and an immediate the event loop has looked at every pipe.
    await new Promise((resolve) => setImmediate(resolve));
    seenEmpty = !stalled() && bytes() === before;
  }
  cut();
}
