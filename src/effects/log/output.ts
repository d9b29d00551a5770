import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import type { Clock } from "../clock.ts";
import { createFileSink } from "./sink/file.ts";
import type { OnTrouble, Sink } from "./sink/sink.ts";
import { createStreamSink, type StreamTarget } from "./sink/stream.ts";

/** The one writer to stdout and stderr. Where both are the same file they are one sink, so that no line cuts into another. */
export interface Output {
  readonly stdout: Sink;
  readonly stderr: Sink;
}

/** `onTrouble` gets a sentence when an output can no longer be written to, and when it can again. */
export function openOutput(clock: Pick<Clock, "monotonic">, onTrouble: OnTrouble): Output {
  const open = (fd: number, name: string, stream: () => NodeJS.WriteStream): Sink =>
    takesAtOnce(fd) ? createFileSink(fd, name, clock, onTrouble) : createStreamSink(targetOf(fd, name, stream()), onTrouble);
  const stdout = open(1, "stdout", () => process.stdout);
  const stderr = isSameFile() ? stdout : open(2, "stderr", () => process.stderr);
  return { stdout, stderr };
}

/** Node's own stream for files forgets what a short write has left over, and throws where the disk is full. */
function takesAtOnce(fd: number): boolean {
  const stat = fstatSync(fd);
  return !isatty(fd) && !stat.isFIFO() && !stat.isSocket();
}
function targetOf(fd: number, name: string, stream: NodeJS.WriteStream): StreamTarget {
  const terminal = isatty(fd);
  return { stream, fd: terminal ? null : fd, name, terminal, unblock: () => neverBlock(stream), unsent: () => unsentOf(stream) };
}

/** What Node's types leave out. */
interface Insides {
  /** Null once the stream is destroyed. */
  readonly _handle?: { setBlocking?(blocking: boolean): number; readonly writeQueueSize?: number } | null;
}

/**
 * Node writes to terminals with blocking calls: one that nobody reads (Ctrl-S) would stop signals and commands too. A pipe it
 * makes non-blocking, but that belongs to the open pipe (fcntl(2), F_SETFL): whoever has it too may undo it at any time, as libuv
 * does for each process that it starts with descriptor 2, and Node at its exit. So it is said before each write, for 0.5 µs. Node
 * opens the terminal anew for itself, so other programs on it do not notice, and where it could not, or for a pipe, it
 * restores the flags of descriptors 0 to 2 at its exit (measured on Node 20 and 24; not after a SIGKILL).
 */
function neverBlock(stream: NodeJS.WriteStream): void {
  (stream as unknown as Insides)._handle?.setBlocking?.(false);
}

/** The stream itself counts a write as a whole until the last byte of it is taken. */
function unsentOf(stream: NodeJS.WriteStream): number {
  return (stream as unknown as Insides)._handle?.writeQueueSize ?? Number.POSITIVE_INFINITY;
}

function isSameFile(): boolean {
  const out = fstatSync(1);
  const err = fstatSync(2);
  return out.dev === err.dev && out.ino === err.ino && out.rdev === err.rdev;
}
