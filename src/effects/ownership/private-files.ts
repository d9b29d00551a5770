import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";

/**
 * Folders and files that only their owner can touch. Everything here refuses links: in a place that others can write to,
 * a planted link would make svc write, or trust, what somebody else chose.
 */

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** What svc keeps in such files is a few hundred bytes; a file beyond this is none of its own. */
const MAX_READ_BYTES = 1024 * 1024;

/** True for a real directory (no link to one) of this uid with mode 0700. */
export function isPrivateFolder(path: string, uid: number): boolean {
  return safely(() => {
    const found = lstatSync(path);
    return found.isDirectory() && found.uid === uid && (found.mode & 0o777) === FOLDER_MODE;
  });
}

/** Creates the folder where it is missing; its parent must exist. False where it is not, or cannot be made, private. */
export function ensurePrivateFolder(path: string, uid: number): boolean {
  try {
    mkdirSync(path, FOLDER_MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") return false;
  }
  return isPrivateFolder(path, uid);
}

/**
 * True where nobody but this uid and root can exchange what lies in the folder: it belongs to one of the two, and others
 * cannot write to it, or it is sticky as /tmp is. A link to a folder is followed: the path was named by the user or by the
 * system (/tmp is a link on macOS).
 */
export function isTrustedParent(path: string, uid: number): boolean {
  return safely(() => {
    const { mode, uid: owner } = statSync(path);
    return (owner === uid || owner === 0) && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0);
  });
}

/** Replaces the file in one act: readers see the old text or the new one, never a part. Mode 0600. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  // One left by a dead process of the same pid: only the owner of the folder can have put it there.
  rmSync(temporary, { force: true });
  try {
    // "wx" is O_EXCL, which follows no link either (open(2)).
    writeFileSync(temporary, text, { flag: "wx", mode: FILE_MODE });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Null where there is no such file, or it is a link, no regular file, somebody else's, or far too long. */
export function readPrivateFile(path: string, uid: number): string | null {
  let fd: number;
  try {
    // O_NONBLOCK: opening a planted FIFO must not hang.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const found = fstatSync(fd);
    if (!found.isFile() || found.uid !== uid || found.size > MAX_READ_BYTES) return null;
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function safely(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}
