import type { Readable } from "node:stream";
import type { ByteString } from "../../../core/log/bytes.ts";

/** One of svc's two outputs, or both where they are the same file. */
export interface Sink {
  /** `stdout` or `stderr`. */
  readonly name: string;
  readonly terminal: boolean;
  /** It is /dev/null: what is written there need not even be formatted. */
  readonly nowhere: boolean;
  /** So much waits for its reader that the sources that feed it are paused. */
  readonly stalled: boolean;
  /** Its reader is gone, or was given up: nothing is written any more. */
  readonly gone: boolean;
  /** Bytes that wait for its reader. */
  readonly waiting: number;
  /** Lines that could not be written. */
  readonly dropped: number;
  /** Takes whole lines; they are on their way at the end of the event loop's turn. A `Uint8Array` is read before this returns. */
  write(lines: ByteString | Uint8Array): void;
  /** Sends what was taken now. */
  flush(): void;
  /** Counts lines that need not be written, as nobody reads them. */
  discard(lines: number): void;
  /** From now on the source is read only while the sink takes what it gives. */
  join(source: Readable): void;
  leave(source: Readable): void;
  /** Resolves when nothing waits any more. */
  settled(): Promise<void>;
  /** Gives up what still waits, and everything later. */
  abandon(): void;
}

/** Called with svc's own sentence on an output that cannot be written to. */
export type OnTrouble = (sentence: string) => void;

export function countNewlines(lines: ByteString | Uint8Array): number {
  let count = 0;
  if (typeof lines === "string") for (let at = lines.indexOf("\n"); at >= 0; at = lines.indexOf("\n", at + 1)) count++;
  else for (let at = lines.indexOf(10); at >= 0; at = lines.indexOf(10, at + 1)) count++;
  return count;
}
