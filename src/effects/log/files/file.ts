import type { Readable } from "node:stream";
import type { ByteString } from "../../../core/log/bytes.ts";
import type { LogFile } from "../../../core/spec.ts";
import type { Clock } from "../../clock.ts";
import { countNewlines, type OnTrouble } from "../sink/sink.ts";
import { createSources } from "../sink/sources.ts";
import type { Budget } from "./budget.ts";
import type { Rotated } from "./folder.ts";
import { createLineQueue, waitingBytes } from "./queue.ts";
import { createLogTrouble } from "./trouble.ts";
import { createLogWriter } from "./writer.ts";

/**
 * One log on a disk. Lines are written in batches by Node's thread pool: a disk that hangs stops neither signals nor commands.
 * (Per megabyte a synchronous write of 64 KiB takes 0.37 ms of processor time, this one 0.3 to 0.6, and reading and prefixing
 * such a megabyte 5.) What the disk does not take in time holds the services back, as a slow reader of svc's output does.
 * No package was found whose caps hold at every moment and that lives on when the disk is full, so this is svc's own.
 */
export interface LogFileSink {
  readonly path: string;
  readonly stalled: boolean;
  /** Lines that could not be written. */
  readonly dropped: number;
  /** Takes whole lines, each behind its prefix. A `Uint8Array` is read before this returns. */
  write(lines: ByteString | Uint8Array): void;
  /** From now on the source is read only while the disk keeps pace. */
  join(source: Readable): void;
  leave(source: Readable): void;
  /** Resolves when what was taken is written, or refused. */
  settled(): Promise<void>;
  /** Resolves when nothing is being compressed. */
  compressed(): Promise<unknown>;
  /** The same as `settled`, and svc is about to end: the file is closed, and nothing is compressed any more. */
  finished(): Promise<void>;
  /** Gives up what still waits, and everything later. */
  abandon(): void;
  /** What comes from now on goes to the file that has this path then: the old one was moved away. */
  reopen(): void;
  /** Other caps, from now on. */
  follow(caps: LogFile): void;
  /** Writes what waits, and lets go of the file. */
  close(): Promise<void>;
}

export interface LogFileOptions {
  readonly caps: LogFile;
  readonly budget: Budget;
  /** What earlier lives have left of the log, its current file included. */
  readonly left: Promise<readonly Rotated[]>;
  readonly clock: Clock;
  readonly uid: number;
  readonly onTrouble: OnTrouble;
}

const BATCH_BYTES = 256 * 1024;
/** Less than a batch waits so long for more: 40 writes a second at most while little is written. */
const BATCH_MS = 25;
/** So much may wait for a slow disk, of one log and of all together; then the sources do. */
const STALL_BYTES = { one: 2 * 1024 * 1024, all: 16 * 1024 * 1024 };
/** When so little is left they go on. */
const RESUME_BYTES = 64 * 1024;
/** How often a log is looked at for the age of its files, at most and at least. */
const UPKEEP_MS = { min: 100, max: 60_000 };

export function createLogFile({ caps, budget, left, clock, uid, onTrouble }: LogFileOptions): LogFileSink {
  const sources = createSources();
  const queue = createLineQueue();
  const trouble = createLogTrouble({ path: caps.file, clock, onTrouble });
  const writer = createLogWriter({ caps, queue, trouble, budget, left, clock, uid, onShrink: () => step() });
  /** Bytes that were ever taken; the loop runs until those up to `target` are done with. */
  let added = 0;
  let target = 0;
  let running: Promise<void> | null = null;
  let [stalled, forced, gone] = [false, false, false];
  let disarm: (() => void) | null = null;
  let disarmUpkeep = (): void => {};

  const start = (): void => {
    target = added;
    disarm?.();
    disarm = null;
    running ??= run().finally(() => {
      running = null;
      if (queue.bytes() > 0) startLater();
    });
  };
  const startLater = (): void => {
    if (running === null && !gone) disarm ??= clock.arm(BATCH_MS, start);
  };
  const run = async (): Promise<void> => {
    while (!gone && (forced || added - queue.bytes() < target)) {
      forced = false;
      if (trouble.isFresh()) skip();
      else await writer.step().catch(refuse);
      queue.release();
      if (stalled && queue.bytes() <= RESUME_BYTES) resume();
    }
  };
  const step = (): void => {
    if (gone) return;
    forced = true;
    start();
  };
  const skip = (): void => {
    const lines = queue.take(Number.POSITIVE_INFINITY, true);
    trouble.skipped(lines.reduce((sum, part) => sum + countNewlines(part), 0));
  };
  const refuse = (error: Error): void => {
    trouble.refused(error, 0);
    skip();
  };
  const resume = (): void => {
    stalled = false;
    sources.resume();
  };
  const upkeep = (maxAgeMs: number | null): void => {
    disarmUpkeep();
    if (maxAgeMs === null) return;
    const ms = Math.min(Math.max(maxAgeMs, UPKEEP_MS.min), UPKEEP_MS.max);
    const look = (): void => {
      step();
      upkeep(maxAgeMs);
    };
    disarmUpkeep = clock.arm(ms, look, { ref: false });
  };
  const abandon = (): void => {
    if (gone) return;
    gone = true;
    disarm?.();
    disarmUpkeep();
    skip();
    resume();
  };
  const settled = async (): Promise<void> => {
    if (queue.bytes() > 0 && !gone) start();
    await running;
  };
  upkeep(caps.maxAgeMs);

  return {
    path: caps.file,
    get stalled() {
      return stalled;
    },
    get dropped() {
      return trouble.dropped;
    },
    write(lines) {
      if (gone) {
        trouble.skipped(countNewlines(lines));
        return;
      }
      queue.add(lines);
      added += lines.length;
      if (queue.bytes() >= BATCH_BYTES) start();
      else startLater();
      const isMuch = queue.bytes() >= STALL_BYTES.one || (waitingBytes() >= STALL_BYTES.all && queue.bytes() > RESUME_BYTES);
      if (stalled || !isMuch) return;
      stalled = true;
      sources.pause();
    },
    join: (source) => sources.join(source),
    leave: (source) => sources.leave(source),
    settled,
    compressed: () => writer.compressed(),
    async finished() {
      await settled();
      await writer.rest();
    },
    abandon,
    reopen() {
      writer.reopen();
      step();
    },
    follow(next) {
      writer.follow(next);
      upkeep(next.maxAgeMs);
    },
    async close() {
      await settled();
      gone = true;
      disarmUpkeep();
      await writer.close();
    },
  };
}
