import { createReadStream, createWriteStream, fchmodSync, rename, stat, unlink } from "node:fs";
import { promisify } from "node:util";
import type { Rotated } from "./folder.ts";
import { FILE_MODE } from "./open.ts";

const PIECE_BYTES = 256 * 1024;
const [move, remove, look] = [promisify(rename), promisify(unlink), promisify(stat)];

export interface Compression {
  /** False where there is no room for so many bytes more. */
  allow(bytes: number): Promise<boolean>;
  /** False where the file was removed meanwhile. */
  isWanted(): boolean;
  readonly signal: AbortSignal;
}

/**
 * Compresses a rotated file; resolves with what takes its place, or null where that failed, was not allowed or is not wanted
 * any more. zlib works in Node's thread pool, so the event loop only passes pieces on (a worker would take 8 MB and 60 ms more).
 */
export async function compressFile(file: Rotated, { allow, isWanted, signal }: Compression): Promise<Rotated | null> {
  const [{ createGzip }, { pipeline }] = await Promise.all([import("node:zlib"), import("node:stream/promises")]);
  const path = `${file.path}.gz`;
  const partial = `${path}.part`;
  const checked = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) {
      if (!(await allow(piece.length))) throw new Error("no room within the log's cap");
      yield piece;
    }
  };
  try {
    const source = createReadStream(file.path, { highWaterMark: PIECE_BYTES });
    // "wx" is O_EXCL: it follows no link.
    const target = createWriteStream(partial, { flags: "wx", mode: FILE_MODE });
    // Whatever the umask, as with the file that is compressed.
    target.once("open", (fd) => fchmodSync(fd, FILE_MODE));
    await pipeline(source, createGzip({ chunkSize: PIECE_BYTES }), checked, target, { signal });
    const { size } = await look(partial);
    if (!isWanted()) throw new Error("removed meanwhile");
    await move(partial, path);
    // A cap may have removed it in this moment.
    await remove(file.path).catch(() => {});
    return { path, time: file.time, bytes: size, compressed: true };
  } catch {
    await remove(partial).catch(() => {});
    return null;
  }
}
