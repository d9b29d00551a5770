import type { Clock } from "../clock.ts";
import { type LifeRecord, removeLife, writeLife } from "./state-file.ts";

export interface StateWriterOptions {
  /** Null: nothing is written. */
  readonly folder: string | null;
  readonly clock: Clock;
  /** What is to stand in the file; null where processes cannot be told apart, so that it would be of no use. */
  readonly describe: () => LifeRecord | null;
  /** Called once, with a sentence; writing is tried again with each change. */
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

export function createStateWriter({ folder, clock, describe, onFailure }: StateWriterOptions): StateWriter {
  if (folder === null) return { write: () => {}, changed: () => {}, remove: () => {} };
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
      if (life !== null) writeLife(folder, life);
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
      removeLife(folder);
    },
  };
}
