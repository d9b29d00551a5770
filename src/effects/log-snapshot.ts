import { close, fstat, open, stat } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { parseRotatedName } from "../core/log/rotated-name.ts";
import { filesIn, logOf } from "./log-folder.ts";

/** The files of one log as they stand at one moment, held open: what is rotated or removed meanwhile is read all the same. */
export interface LogSnapshot {
  /** Oldest first; the current one last. */
  readonly files: readonly HeldFile[];
  close(): Promise<void>;
}

export interface HeldFile {
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

/** Rejects with a system error where a file may not be read. */
export async function openSnapshot(log: string): Promise<LogSnapshot> {
  for (let tries = 1; ; tries++) {
    const before = await list(log);
    const files = await hold(before.found);
    if (files !== null && (before.mark === (await list(log)).mark || tries === TRIES)) {
      return { files, close: () => closeAll(files) };
    }
    await closeAll(files ?? []);
    if (tries === TRIES) return { files: [], close: async () => {} };
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

/** null where one of them has gone meanwhile. */
async function hold(found: readonly Found[]): Promise<HeldFile[] | null> {
  const held: HeldFile[] = [];
  try {
    for (const { path, compressed, rotatedAt } of found) {
      const fd = await openFile(path, "r");
      held.push({ fd, bytes: (await lookAt(fd)).size, compressed, rotatedAt });
    }
    return held;
  } catch (error) {
    await closeAll(held);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function closeAll(files: readonly HeldFile[]): Promise<void> {
  await Promise.all(files.map(({ fd }) => closeFile(fd)));
}

/** The logs in a folder of svc's own. */
export async function logsIn(folder: string): Promise<string[]> {
  const files = await filesIn(folder);
  return [...new Set(files.map(({ path }) => logOf(path)).filter((path) => parseRotatedName(path) === null))];
}
