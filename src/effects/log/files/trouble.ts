import type { ByteString } from "../../../core/log/bytes.ts";
import type { Clock } from "../../clock.ts";
import type { OnTrouble } from "../sink/sink.ts";

/** A file that cannot be written to: said once, counted, and said again when it is over. */
export interface LogTrouble {
  readonly dropped: number;
  /** A moment ago it was refused: no use in trying again. */
  isFresh(): boolean;
  refused(error: Error, lines: number): void;
  /** Lines that were not even tried. */
  skipped(lines: number): void;
  succeeded(): void;
  /** What is to be written in place of what is missing; null where nothing is. */
  gap(): ByteString | null;
  /** The gap is marked. */
  marked(): void;
}

export interface LogTroubleOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly onTrouble: OnTrouble;
}

const RETRY_MS = 200;
/** A disk that is all but full takes the short lines and refuses the long ones: that is no recovery. */
const STEADY_MS = 1000;

const MEANINGS: ReadonlyMap<string, string> = new Map([
  ["ENOSPC", "the disk is full"],
  ["EDQUOT", "the quota is used up"],
  ["EACCES", "permission denied"],
  ["EROFS", "the file system is read-only"],
  ["ELOOP", "it is a link; svc follows none"],
  ["EISDIR", "it is a folder"],
  ["EEXIST", "there is something else in the place of its folder"],
  ["ENOTDIR", "there is something else in the place of its folder"],
  ["ENOENT", "its folder cannot be made"],
  ["ENXIO", "it is no regular file"],
]);

export function createLogTrouble({ path, clock, onTrouble }: LogTroubleOptions): LogTrouble {
  let dropped = 0;
  /** Since the trouble began; null where there is none. */
  let lost: number | null = null;
  let unmarked = 0;
  let refusedAt = Number.NEGATIVE_INFINITY;
  const lose = (lines: number): void => {
    dropped += lines;
    unmarked += lines;
    lost = (lost ?? 0) + lines;
  };
  return {
    get dropped() {
      return dropped;
    },
    isFresh: () => lost !== null && clock.monotonic() - refusedAt < RETRY_MS,
    refused(error, lines) {
      const isNews = lost === null;
      lose(lines);
      refusedAt = clock.monotonic();
      if (isNews) onTrouble(`cannot write to ${path}: ${reasonOf(error)}; its lines are dropped until it can be written again`);
    },
    skipped: lose,
    succeeded() {
      if (lost === null || clock.monotonic() - refusedAt < STEADY_MS) return;
      const lines = lost;
      lost = null;
      onTrouble(`${path} can be written again; ${lines === 1 ? "1 line was" : `${lines} lines were`} dropped`);
    },
    gap() {
      if (unmarked === 0) return null;
      return `${new Date(clock.now()).toISOString()} svc svc | dropped ${unmarked} lines here: this file could not be written to\n`;
    },
    marked() {
      unmarked = 0;
    },
  };
}

function reasonOf(error: NodeJS.ErrnoException): string {
  const meaning = MEANINGS.get(error.code ?? "");
  return meaning === undefined ? (error.code ?? error.message) : `${error.code}, ${meaning}`;
}
