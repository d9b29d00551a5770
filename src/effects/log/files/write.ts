import { fstat, ftruncate, writev } from "node:fs";
import { promisify } from "node:util";
import { countNewlines } from "../sink/sink.ts";

const [lookAt, truncate] = [promisify(fstat), promisify(ftruncate)];

export interface Written {
  /** Bytes of whole lines that are in the file now. */
  readonly bytes: number;
  /** Lines that are not. */
  readonly lost: number;
  readonly error: NodeJS.ErrnoException | null;
}

/** Appends whole lines. What a full disk cuts off inside a line is taken back, so that the next line does not continue it. */
export async function appendLines(fd: number, parts: readonly Buffer[]): Promise<Written> {
  let bytes = 0;
  try {
    for (let rest = parts; rest.length > 0; rest = after(parts, bytes)) bytes += await writeSome(fd, rest);
    return { bytes, lost: 0, error: null };
  } catch (error) {
    const whole = endOfLine(parts, bytes);
    if (whole < bytes) await takeBack(fd, bytes - whole);
    const lost = after(parts, whole).reduce((sum, part) => sum + countNewlines(part), 0);
    return { bytes: whole, lost, error: error as NodeJS.ErrnoException };
  }
}

function writeSome(fd: number, parts: readonly Buffer[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, parts, null, (error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

/** What is left behind the first `bytes`. */
function after(parts: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  return parts.flatMap((part) => {
    const from = Math.min(skip, part.length);
    skip -= from;
    return from === part.length ? [] : [part.subarray(from)];
  });
}

/** Where the last whole line within the first `bytes` ends. */
function endOfLine(parts: readonly Buffer[], bytes: number): number {
  let at = 0;
  let end = 0;
  for (const part of parts) {
    const found = part.subarray(0, Math.max(0, bytes - at)).lastIndexOf(10);
    if (found >= 0) end = at + found + 1;
    at += part.length;
  }
  return end;
}

async function takeBack(fd: number, bytes: number): Promise<void> {
  // An append-only file (chattr +a) cannot be cut: its reader then finds a line that is none.
  await lookAt(fd)
    .then(({ size }) => truncate(fd, size - bytes))
    .catch(() => {});
}
