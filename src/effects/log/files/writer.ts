import { fstat } from "node:fs";
import { promisify } from "node:util";
import type { LogFile } from "../../../core/spec.ts";
import type { Clock } from "../../clock.ts";
import type { Budget, Member } from "./budget.ts";
import type { Rotated } from "./folder.ts";
import { closeFile, type OpenLog, openLog } from "./open.ts";
import type { LineQueue } from "./queue.ts";
import { createRotation } from "./rotation.ts";
import type { LogTrouble } from "./trouble.ts";
import { appendLines } from "./write.ts";

/** Brings the lines of a queue into one log, within its caps. One step at a time. */
export interface LogWriter {
  /** Opens, rotates or writes, whichever comes next. Rejects where the file cannot be opened or rotated. */
  step(): Promise<void>;
  /** The next step opens the file anew: the old one was moved away. */
  reopen(): void;
  follow(caps: LogFile): void;
  compressed(): Promise<unknown>;
  /** Ends a compression for this time, and lets go of the file; the next step opens it again. */
  rest(): Promise<void>;
  /** The same, for ever. */
  close(): Promise<void>;
}

export interface LogWriterOptions {
  readonly caps: LogFile;
  readonly queue: LineQueue;
  readonly trouble: LogTrouble;
  readonly budget: Budget;
  /** What earlier lives have left of the log, its current file included. */
  readonly left: Promise<readonly Rotated[]>;
  /** Called where the current file has more than its share: a step is to be made. */
  readonly onShrink: () => void;
  readonly clock: Clock;
  readonly uid: number;
}

/** The most that one call writes. */
const WRITE_BYTES = 1024 * 1024;

/** How often it is looked at whether the file still has a name: removed, it takes lines that nobody will ever see. */
const LOOK_MS = 100;

const lookAt = promisify(fstat);

export function createLogWriter({ caps: first, queue, trouble, budget, left, clock, uid, onShrink }: LogWriterOptions): LogWriter {
  let caps = first;
  const member: Member = { path: first.file, currentBytes: 0, partialBytes: 0, old: [], shrink: onShrink };
  const rotation = createRotation({ path: first.file, caps: () => caps, budget, member });
  let file: OpenLog | null = null;
  let reopening = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const counted = left.then((files) => {
    member.currentBytes = files.find(({ path }) => path === first.file)?.bytes ?? 0;
    member.old = files.filter(({ path }) => path !== first.file);
  });
  budget.join(member, counted);

  const current = async (): Promise<OpenLog> => {
    if (file !== null && (reopening || (await isRemoved(file)))) await letGo();
    reopening = false;
    if (file !== null) return file;
    const opened = await openLog(first.file, uid);
    file = opened;
    budget.settle(member, opened.bytes);
    await rotation.look();
    await rotation.prune(clock.now());
    return opened;
  };
  const isRemoved = async ({ fd }: OpenLog): Promise<boolean> => {
    if (clock.monotonic() - lookedAt < LOOK_MS) return false;
    lookedAt = clock.monotonic();
    return (await lookAt(fd)).nlink === 0;
  };
  const letGo = async (): Promise<void> => {
    const fd = file?.fd;
    file = null;
    if (fd !== undefined) await closeFile(fd).catch(() => {});
  };
  const append = async (open: OpenLog, lines: readonly Buffer[]): Promise<void> => {
    const gap = trouble.gap();
    const marker = gap === null ? [] : [Buffer.from(gap)];
    const parts = [...marker, ...lines];
    await budget.claim(
      member,
      parts.reduce((sum, { length }) => sum + length, 0),
    );
    const { bytes, lost, error } = await appendLines(open.fd, parts);
    open.bytes += bytes;
    if (bytes > 0) open.began ??= clock.now();
    budget.settle(member, open.bytes);
    const isMarked = bytes >= (marker[0]?.length ?? 0);
    if (isMarked) trouble.marked();
    if (error === null) trouble.succeeded();
    else trouble.refused(error, isMarked ? lost : lost - 1);
  };
  const rotate = async ({ bytes }: OpenLog): Promise<void> => {
    await letGo();
    await rotation.rotate(bytes, clock.now()).catch((error: NodeJS.ErrnoException) => {
      // It was moved away, and nobody has told.
      if (error.code !== "ENOENT") throw error;
    });
  };

  const rest = async (): Promise<void> => {
    await letGo();
    await rotation.stop();
  };

  return {
    async step() {
      await counted;
      const open = await current();
      const isOld = caps.maxAgeMs !== null && open.began !== null && clock.now() - open.began >= caps.maxAgeMs;
      const most = Math.min(caps.maxSize, budget.share());
      const room = Math.min(WRITE_BYTES, most - open.bytes);
      const lines = isOld ? [] : queue.take(Math.max(0, room), open.bytes === 0);
      if (lines.length > 0) await append(open, lines);
      else if (isOld || open.bytes > most || queue.bytes() > 0) await rotate(open);
      await rotation.prune(clock.now());
    },
    reopen() {
      reopening = true;
    },
    follow(next) {
      caps = next;
    },
    compressed: () => rotation.compressed(),
    rest,
    async close() {
      await counted;
      await rest();
      budget.leave(member, clock.now());
    },
  };
}
