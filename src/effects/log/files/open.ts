import { close, constants, fchmod, fstat, mkdir, open, read, realpathSync, stat, statSync, write } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { parseFileLine } from "../../../core/log/file-line.ts";

export interface OpenLog {
  readonly fd: number;
  bytes: number;
  /** When its first line was written, milliseconds since 1970; null where it has none. */
  began: number | null;
}

/** Owner and group read it, nobody else (contract): lines may hold what is nobody else's business. */
export const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;

const NEWLINE = Buffer.from("\n");

const [makeFolder, openFile, lookAt, setMode, readAt, append, look] = [
  promisify(mkdir),
  promisify(open),
  promisify(fstat),
  promisify(fchmod),
  promisify(read),
  promisify(write),
  promisify(stat),
];
export const closeFile = promisify(close);

/** Why a file is not written to although the system would let svc: its message is the end of a sentence. */
export class Untrusted extends Error {}

/** Whether a log in this folder would be written: where it would not, nothing of it may be removed either. */
export function mayWriteTo(folder: string, uid: number): boolean {
  if (uid !== 0) return true;
  try {
    trustFolder(nearestFolder(folder));
    return true;
  } catch {
    return false;
  }
}

/** Opens a log to append to it, and creates it and its folder where they are missing. Rejects with a system error or `Untrusted`. */
export async function openLog(path: string, uid: number): Promise<OpenLog> {
  const folder = dirname(path);
  if (uid === 0) trustFolder(nearestFolder(folder));
  await makeFolders(folder);
  const shared = uid === 0 && trustFolder(folder) === "sticky";
  // O_NONBLOCK: a planted FIFO must not hang. O_RDWR, as the first line is read.
  const fd = await openFile(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
  try {
    const { size, nlink, uid: owner, mode, isFile } = await looked(fd);
    if (!isFile) throw new Untrusted("it is no regular file");
    if (shared && (owner !== uid || nlink > 1)) throw new Untrusted("somebody else has put it into a folder that others can write to");
    if (size === 0 && owner === uid && (mode & 0o777) !== FILE_MODE) await setMode(fd, FILE_MODE);
    if (size === 0) return { fd, bytes: 0, began: null };
    return { fd, bytes: size + (await endLine(fd, size)), began: await firstTime(fd) };
  } catch (error) {
    await closeFile(fd);
    throw error;
  }
}

/** Node's own way says ENOENT where a file system is read-only, and where one makes no folders (/proc) it never ends. */
async function makeFolders(folder: string): Promise<void> {
  const error = await makeOne(folder);
  if (error?.code === "ENOENT" && folder !== dirname(folder)) {
    await makeFolders(dirname(folder));
    const again = await makeOne(folder);
    if (again !== null) throw again;
  } else if (error !== null) throw error;
}

async function makeOne(folder: string): Promise<NodeJS.ErrnoException | null> {
  try {
    await makeFolder(folder, { mode: FOLDER_MODE });
    return null;
  } catch (error) {
    const found = await look(folder).catch(() => null);
    return found?.isDirectory() === true ? null : (error as NodeJS.ErrnoException);
  }
}

async function looked(fd: number) {
  const found = await lookAt(fd);
  return { size: found.size, nlink: found.nlink, uid: found.uid, mode: found.mode, isFile: found.isFile() };
}

/** A death amid a write (SIGKILL, power) leaves half a line: the next one must not continue it. Resolves with the bytes that took. */
async function endLine(fd: number, size: number): Promise<number> {
  const { buffer, bytesRead } = await readAt(fd, Buffer.alloc(1), 0, 1, size - 1);
  if (bytesRead === 0 || buffer.equals(NEWLINE)) return 0;
  await append(fd, NEWLINE);
  return NEWLINE.length;
}

async function firstTime(fd: number): Promise<number | null> {
  const { buffer, bytesRead } = await readAt(fd, Buffer.alloc(256), 0, 256, 0);
  const line = parseFileLine(buffer.toString("latin1", 0, bytesRead));
  return line === null ? null : Date.parse(line.time);
}

/**
 * For root. Whoever can write to a log's folder, or exchange it, could make root create, rename and remove files elsewhere. So the
 * folder is root's own and writable by nobody else (by a group neither, as in logrotate), or sticky; and no folder above it
 * belongs to others, or is writable by everybody. (A group may write to those: /var/log is such on some systems.)
 */
function trustFolder(folder: string): "own" | "sticky" {
  const real = realpathSync(folder);
  const { mode, gid } = statSync(real);
  const sticky = (mode & 0o1000) !== 0;
  if ((mode & 0o020) !== 0 && gid !== 0 && !sticky) throw untrusted(real, "is writable by a group");
  for (let above = real; ; above = dirname(above)) {
    const found = statSync(above);
    if (found.uid !== 0) throw untrusted(above, "does not belong to root");
    if ((found.mode & 0o002) !== 0 && (found.mode & 0o1000) === 0) throw untrusted(above, "is writable by everybody");
    if (above === dirname(above)) return sticky && (mode & 0o022) !== 0 ? "sticky" : "own";
  }
}

function untrusted(folder: string, why: string): Untrusted {
  return new Untrusted(`svc runs as root, and ${folder} ${why}; choose a folder that only root can write to`);
}

function nearestFolder(path: string): string {
  if (path === dirname(path) || statSync(path, { throwIfNoEntry: false })) return path;
  return nearestFolder(dirname(path));
}
