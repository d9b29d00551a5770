import { createReadStream, read } from "node:fs";
import { promisify } from "node:util";
import { type FileLine, parseFileLine } from "../../../core/log/file-line.ts";
import { type Fault, type HeldFile, openSnapshot } from "./snapshot.ts";

/** What is to be read of a log; a line that svc has not written is passed over. */
export interface LogRange {
  /** ISO 8601 with milliseconds: not older than. */
  readonly since?: string | undefined;
  /** Older than. */
  readonly until?: string | undefined;
  /** At least the last so many lines; what comes before them need not be read. */
  readonly last?: number | undefined;
}

const PIECE_BYTES = 256 * 1024;
const NEWLINE = 10;

const readAt = promisify(read);

/**
 * The lines of a log, the rotated files included, oldest first, some at a time. Of a file that is damaged come the lines before
 * that; a log has to be read most of all when something went wrong.
 */
export async function* readLog(path: string, range: LogRange, onFault: (fault: Fault) => void): AsyncGenerator<FileLine[]> {
  const snapshot = await openSnapshot(path);
  for (const fault of snapshot.faults) onFault(fault);
  try {
    const since = range.since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(range.since);
    const files = snapshot.files.filter(({ rotatedAt }) => rotatedAt === null || rotatedAt >= since);
    for (const part of range.last === undefined ? files.map(whole) : await tail(files, range.last)) {
      for await (const lines of tolerantly(part, onFault)) {
        const found = lines.map(parseFileLine).filter((line) => line !== null);
        yield found.filter(({ time }) => isWithin(time, range));
        // What follows is younger still.
        if (range.until !== undefined && (found.at(-1)?.time ?? "") >= range.until) return;
      }
    }
  } finally {
    await snapshot.close();
  }
}

/** ISO stamps of one form compare as text. */
function isWithin(time: string, { since, until }: LogRange): boolean {
  return (since === undefined || time >= since) && (until === undefined || time < until);
}

interface Part {
  readonly file: HeldFile;
  /** Where to begin: a byte of a plain file, a line of a compressed one. */
  readonly from: number;
}

async function* tolerantly(part: Part, onFault: (fault: Fault) => void): AsyncGenerator<string[]> {
  try {
    yield* linesOf(part);
  } catch (error) {
    onFault({ path: part.file.path, error: error as Error });
  }
}

function whole(file: HeldFile): Part {
  return { file, from: 0 };
}

async function* linesOf({ file, from }: Part): AsyncGenerator<string[]> {
  let rest = "";
  let skip = file.compressed ? from : 0;
  for await (const piece of file.compressed ? unzipped(file) : plain(file, from)) {
    const lines = (rest + piece.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    const skipped = Math.min(skip, lines.length);
    skip -= skipped;
    yield lines.slice(skipped);
  }
  // What has no newline yet is still being written.
}

async function* plain({ fd, bytes }: HeldFile, from: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = from; at < bytes; ) {
    const { bytesRead } = await readAt(fd, buffer, 0, Math.min(PIECE_BYTES, bytes - at), at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* unzipped({ fd, bytes }: HeldFile): AsyncGenerator<Buffer> {
  const { constants, createGunzip } = await import("node:zlib");
  const source = createReadStream("", { fd, start: 0, autoClose: false, highWaterMark: PIECE_BYTES });
  // Otherwise the end of a file that is cut off would keep back all that came just before it.
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  source.on("error", (error) => gunzip.destroy(error));
  let length = 0;
  for await (const piece of source.pipe(gunzip) as AsyncIterable<Buffer>) {
    length += piece.length;
    yield piece;
  }
  if (length % 2 ** 32 !== (await lengthInTrailer(fd, bytes))) throw new Error("it is cut off");
}

/** What a gzip file ends with: how long its content is, modulo 2^32 (RFC 1952, section 2.3.1). */
async function lengthInTrailer(fd: number, bytes: number): Promise<number> {
  const { buffer, bytesRead } = await readAt(fd, Buffer.alloc(4), 0, 4, Math.max(0, bytes - 4));
  return bytesRead === 4 ? buffer.readUInt32LE() : -1;
}

/** The parts of the files that hold the last `count` lines. */
async function tail(files: readonly HeldFile[], count: number): Promise<Part[]> {
  const parts: Part[] = [];
  let left = count;
  for (const file of [...files].reverse()) {
    if (left <= 0) break;
    const { from, lines } = file.compressed ? await tailOfZipped(file, left) : await tailOfPlain(file, left);
    parts.unshift({ file, from });
    left -= lines;
  }
  return parts;
}

interface Tail {
  readonly from: number;
  readonly lines: number;
}

async function tailOfPlain({ fd, bytes }: HeldFile, count: number): Promise<Tail> {
  const buffer = Buffer.allocUnsafe(PIECE_BYTES);
  let lines = 0;
  for (let end = bytes; end > 0; ) {
    const start = Math.max(0, end - PIECE_BYTES);
    const { bytesRead } = await readAt(fd, buffer, 0, end - start, start);
    for (let at = newlineBefore(buffer, bytesRead); at >= 0; at = newlineBefore(buffer, at)) {
      // The newline before the first wanted line ends the one before it.
      if (lines === count) return { from: start + at + 1, lines };
      lines += 1;
    }
    end = start;
  }
  return { from: 0, lines };
}

function newlineBefore(buffer: Buffer, end: number): number {
  return end === 0 ? -1 : buffer.lastIndexOf(NEWLINE, end - 1);
}

async function tailOfZipped(file: HeldFile, count: number): Promise<Tail> {
  let lines = 0;
  // Its fault is told when the lines themselves are read.
  for await (const some of tolerantly(whole(file), () => {})) lines += some.length;
  return { from: Math.max(0, lines - count), lines: Math.min(lines, count) };
}
