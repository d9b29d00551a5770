import { Socket } from "node:net";
import type { Readable } from "node:stream";

/** What one read takes at most; libuv asks for as much. */
const READ_BYTES = 64 * 1024;

/**
 * Into this one buffer every pipe is read: a read and what is done with it are one uninterrupted step. A buffer for each
 * read would cost more than the copy from the pipe: its pages are new each time, and the collector has to find them again.
 */
let shared: Buffer | null = null;

/**
 * Calls `onChunk` with what the pipe delivers; the chunk is good until `onChunk` returns. Returns the stream to pause,
 * resume, destroy and hear the end of: from now on it stands for `source`.
 */
export function readPipe(source: Readable, onChunk: (chunk: Buffer) => void): Readable {
  if (!isMovable(source)) return source.on("data", onChunk);
  for (let early = source.read(); early !== null; early = source.read()) onChunk(early);
  return move(source, onChunk);
}

/** What Node's types leave out. */
interface Insides {
  _handle: { readonly useUserBuffer?: unknown } | null;
  readonly _readableState: { readonly ended: boolean };
}

/** A socket that nobody has begun to read, and whose end has not come yet. */
function isMovable(source: Readable): source is Socket & Insides {
  if (!(source instanceof Socket) || source.readableFlowing !== null || source.destroyed) return false;
  const { _handle: handle, _readableState: state } = source as unknown as Insides;
  return typeof handle?.useUserBuffer === "function" && !state.ended;
}

/** Node gives a socket its buffer only when it is made (`onread`), and makes those of a child itself: so the pipe moves. */
function move(source: Socket & Insides, onChunk: (chunk: Buffer) => void): Socket {
  const handle = source._handle;
  source._handle = null;
  shared ??= Buffer.allocUnsafeSlow(READ_BYTES);
  const buffer = shared;
  const callback = (length: number): boolean => {
    // A view costs a microsecond, and a flood fills the buffer each time.
    onChunk(length === READ_BYTES ? buffer : buffer.subarray(0, length));
    return true;
  };
  const options = { handle, onread: { buffer, callback }, readable: true, writable: false };
  return new Socket(options as ConstructorParameters<typeof Socket>[0]);
}
