import type { Clock } from "../clock.ts";
import { type LifeRecord, removeLife, writeLife } from "./state-file.ts";

export interface StateWriterOptions {
  /** The first that has room for it is written to; without any, nothing is. */
  readonly folders: readonly string[];
  readonly clock: Clock;
  /** What is to stand in the file; null where processes cannot be told apart, so that it would be of no use. */
  readonly describe: () => LifeRecord | null;
  /** Called once, with a sentence, where no folder could be written to; that is tried again with each change. */
  readonly onFailure: (reason: string) => void;
}

export interface StateWriter {
  write(): void;
  /** Writes soon. */
  changed(): void;
  remove(): void;
}

/** Milliseconds that changes are collected for: a thousand starts are not a thousand files. The marker knows what is missing. */
const COLLECTING_MS = 100;
const LONGEST_MS = 1000;
/** Of many services the record is long: while they all start, it may have this share of one core's time at most. */
const MOST_OF_A_CORE = 0.02;

export function createStateWriter({ folders, clock, describe, onFailure }: StateWriterOptions): StateWriter {
  if (folders.length === 0) return { write: () => {}, changed: () => {}, remove: () => {} };
  let pending: (() => void) | null = null;
  let failed = false;
  const settle = (): void => {
    pending?.();
    pending = null;
  };
  let tookMs = 0;
  const write = (): void => {
    settle();
    const began = clock.monotonic();
    try {
      const life = describe();
      if (life !== null) writeFirst(folders, life);
    } catch (error) {
      if (!failed) onFailure(`cannot write the state file: ${(error as Error).message}`);
      failed = true;
    }
    tookMs = clock.monotonic() - began;
  };
  return {
    write,
    changed: () => {
      pending ??= clock.arm(Math.min(Math.max(COLLECTING_MS, tookMs / MOST_OF_A_CORE), LONGEST_MS), write, { ref: false });
    },
    remove: () => {
      settle();
      folders.forEach(removeLife);
    },
  };
}

/** Throws what the first folder says where none can be written to. An older record of the same life may stay in an earlier one. */
function writeFirst(folders: readonly string[], life: LifeRecord): void {
  const errors: unknown[] = [];
  for (const folder of folders) {
    try {
      writeLife(folder, life);
      return;
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors[0];
}
