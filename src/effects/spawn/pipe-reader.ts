import { type OnReadOpts, Socket } from "node:net";
import type { Readable } from "node:stream";

/** What one read takes at most; libuv asks for as much. */
const READ_BYTES = 64 * 1024;

/**
 * Into this one buffer every pipe is read: a read and what is done with it are one uninterrupted step. A buffer for each
 * read would cost more than the copy from the pipe: its pages are new each time, and the collector has to find them again.
 */
let shared: Buffer | null = null;

/** From the next read on, that of each pipe is this one. */
export function readInto(buffer: Buffer): void {
  shared = buffer;
}

type OnChunk = (chunk: Buffer) => void;

/** Who takes what a pipe of `openPipe` delivers; the others are streams like any. */
const takers = new WeakMap<Readable, { take: OnChunk | null }>();

/** The read end of a pipe as a stream, which `readPipe` can read without another one in its place. */
export function openPipe(fd: number): Readable {
  const taker: { take: OnChunk | null } = { take: null };
  const socket = openSocket({ fd, onread: intoShared(receive) });
  function receive(chunk: Buffer): boolean {
    if (taker.take === null) return socket.push(Buffer.from(chunk));
    taker.take(chunk);
    return true;
  }
  takers.set(socket, taker);
  return socket;
}

/**
 * Calls `onChunk` with what the pipe delivers; the chunk is good until `onChunk` returns. Returns the stream to pause,
 * resume, destroy and hear the end of: from now on it stands for `source`.
 */
export function readPipe(source: Readable, onChunk: OnChunk): Readable {
  const taker = takers.get(source);
  if (taker !== undefined && source.readableFlowing === null) {
    takeEarly(source, onChunk);
    taker.take = onChunk;
    return source;
  }
  if (!isMovable(source)) return source.on("data", onChunk);
  takeEarly(source, onChunk);
  return move(source, onChunk);
}

/** What came while nobody read. */
function takeEarly(source: Readable, onChunk: OnChunk): void {
  for (let early = source.read(); early !== null; early = source.read()) onChunk(early);
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
function move(source: Socket & Insides, onChunk: OnChunk): Socket {
  const handle = source._handle;
  source._handle = null;
  const onread = intoShared((chunk) => {
    onChunk(chunk);
    return true;
  });
  return openSocket({ handle, onread });
}

/** Node's types know `onread` for connections only, and `handle` not at all. */
function openSocket(source: ({ readonly fd: number } | { readonly handle: unknown }) & { readonly onread: OnReadOpts }): Socket {
  return new Socket({ ...source, readable: true, writable: false } as ConstructorParameters<typeof Socket>[0]);
}

/** `receive` answers whether to read on. */
function intoShared(receive: (chunk: Buffer) => boolean): OnReadOpts {
  const buffer = (): Buffer => {
    shared ??= Buffer.allocUnsafeSlow(READ_BYTES);
    return shared;
  };
  // A view costs a microsecond, and a flood fills the buffer each time.
  const callback = (length: number, read: Uint8Array): boolean =>
    receive((length === read.length ? read : read.subarray(0, length)) as Buffer);
  return { buffer, callback };
}
