import { fstatSync, statSync, writeSync } from "node:fs";
import type { ByteString } from "../../../core/log/bytes.ts";
import type { Clock } from "../../clock.ts";
import { countNewlines, type OnTrouble, type Sink } from "./sink.ts";

/** A disk that is all but full takes the short lines and refuses the long ones: that is no recovery. */
const STEADY_MS = 1000;

/**
 * A regular file or a device such as /dev/null: it always takes what it is given, at once, or refuses it (no space left,
 * a quota). What it refuses is lost and counted, and each later write is a new try.
 */
export function createFileSink(fd: number, name: string, clock: Pick<Clock, "monotonic">, onTrouble: OnTrouble): Sink {
  let gone = false;
  let dropped = 0;
  let lost = 0;
  let refusedAt = 0;
  /** A write ended inside a line: the next one must not continue it. */
  let torn = false;

  const write = (lines: ByteString | Uint8Array): void => {
    if (gone) {
      dropped += countNewlines(lines);
      return;
    }
    const bytes = typeof lines === "string" ? Buffer.from(torn ? `\n${lines}` : lines, "latin1") : withNewline(lines, torn);
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(fd, bytes, at);
      torn = false;
      if (lost > 0 && clock.monotonic() - refusedAt > STEADY_MS) recovered();
    } catch (error) {
      if (at > 0) torn = bytes[at - 1] !== 10;
      refused(error as NodeJS.ErrnoException, countNewlines(bytes.subarray(at)));
    }
  };
  const refused = (error: NodeJS.ErrnoException, lines: number): void => {
    dropped += lines;
    lost += lines;
    refusedAt = clock.monotonic();
    if (lost === lines) onTrouble(`cannot write to ${name}: ${error.code}; lines are dropped until it can be written again`);
  };
  const recovered = (): void => {
    const lines = lost;
    lost = 0;
    onTrouble(`${name} can be written again; ${lines} lines were dropped`);
  };

  return {
    name,
    terminal: false,
    nowhere: isNowhere(fd),
    stalled: false,
    get gone() {
      return gone;
    },
    waiting: 0,
    get dropped() {
      return dropped;
    },
    write,
    flush() {},
    discard(lines) {
      dropped += lines;
    },
    join() {},
    leave() {},
    settled: () => Promise.resolve(),
    abandon() {
      gone = true;
    },
  };
}

function isNowhere(fd: number): boolean {
  const nowhere = statSync("/dev/null", { throwIfNoEntry: false });
  return nowhere !== undefined && fstatSync(fd).isCharacterDevice() && fstatSync(fd).rdev === nowhere.rdev;
}

function withNewline(bytes: Uint8Array, first: boolean): Uint8Array {
  return first ? Buffer.concat([Buffer.from("\n"), bytes]) : bytes;
}
