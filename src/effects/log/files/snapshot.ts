import { close, constants, fstat, open, stat } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { parseRotatedName } from "../../../core/log/rotated-name.ts";
import { filesIn, logOf } from "./folder.ts";

/** The files of one log as they stand at one moment, held open: what is rotated or removed meanwhile is read all the same. */
export interface LogSnapshot {
  /** Oldest first; the current one last. */
  readonly files: readonly HeldFile[];
  readonly faults: readonly Fault[];
  close(): Promise<void>;
}

/** A file that cannot be read, or not to its end. */
export interface Fault {
  readonly path: string;
  readonly error: Error;
}

export interface HeldFile {
  readonly path: string;
  readonly fd: number;
  /** What of it is read: it may grow. */
  readonly bytes: number;
  readonly compressed: boolean;
  /** When it was rotated, milliseconds since 1970; null for the current one. */
  readonly rotatedAt: number | null;
}

interface Found {
  readonly path: string;
  readonly rotatedAt: number | null;
  readonly compressed: boolean;
}

const [openFile, closeFile, lookAt, look] = [promisify(open), promisify(close), promisify(fstat), promisify(stat)];
const TRIES = 10;

/** Never rejects: a file that may not be read is among the faults. */
export async function openSnapshot(log: string): Promise<LogSnapshot> {
  for (let tries = 1; ; tries++) {
    const before = await list(log);
    const held = await hold(before.found);
    const isWhole = !held.hasGone && before.mark === (await list(log)).mark;
    // Of a log that is rotated all the time, what could be held is better than nothing.
    if (isWhole || tries === TRIES) return { files: held.files, faults: held.faults, close: () => closeAll(held.files) };
    await closeAll(held.files);
  }
}

/** `mark` is another one as soon as a file was rotated, compressed or removed. */
async function list(log: string): Promise<{ readonly found: readonly Found[]; readonly mark: string }> {
  const all = (await filesIn(dirname(log))).filter(({ path }) => logOf(path) === log && !path.endsWith(".part"));
  const rotated = all.filter(({ path }) => path !== log).sort((a, b) => a.time - b.time);
  // Between the renaming of a compressed file and the removal of its source there are both.
  const whole = new Set(rotated.filter(({ compressed }) => !compressed).map(({ time }) => time));
  const once = rotated.filter(({ compressed, time }) => !compressed || !whole.has(time));
  const current = await look(log).catch(() => null);
  const found = [...once.map(({ path, time, compressed }) => ({ path, compressed, rotatedAt: time }))];
  return {
    found: current === null ? found : [...found, { path: log, compressed: false, rotatedAt: null }],
    mark: [...once.map(({ path }) => path), current?.ino].join("\n"),
  };
}

interface Held extends Pick<LogSnapshot, "files" | "faults"> {
  /** One of them was removed or compressed meanwhile. */
  readonly hasGone: boolean;
}

async function hold(found: readonly Found[]): Promise<Held> {
  const files: HeldFile[] = [];
  const faults: Fault[] = [];
  let hasGone = false;
  for (const one of found) {
    try {
      files.push({ ...one, ...(await openRegular(one.path)) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") hasGone = true;
      else faults.push({ path: one.path, error: error as Error });
    }
  }
  return { files, faults, hasGone };
}

/** A pipe or a folder that somebody has put there neither hangs the reader nor ends it. */
async function openRegular(path: string): Promise<{ readonly fd: number; readonly bytes: number }> {
  const fd = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const found = await lookAt(fd);
  if (found.isFile()) return { fd, bytes: found.size };
  await closeFile(fd);
  throw new Error("it is no regular file");
}

async function closeAll(files: readonly HeldFile[]): Promise<void> {
  await Promise.all(files.map(({ fd }) => closeFile(fd)));
}

/** The logs in a folder of svc's own. */
export async function logsIn(folder: string): Promise<string[]> {
  const files = await filesIn(folder);
  return [...new Set(files.map(({ path }) => logOf(path)).filter((path) => parseRotatedName(path) === null))];
}
