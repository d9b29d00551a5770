import { accessSync, closeSync, constants, openSync, readdirSync, readFileSync, rmdirSync, writeSync } from "node:fs";

/** What the kernel offers for a cgroup of version 2 (its Documentation/admin-guide/cgroup-v2.rst). */

/** Whether a living process is in it or below it; zombies do not count. False for one that is not there. */
export function isPopulated(folder: string): boolean {
  return /^populated 1$/m.test(read(`${folder}/cgroup.events`));
}

/** The processes in it and below it. */
export function pidsIn(folder: string): number[] {
  const own = read(`${folder}/cgroup.procs`).split("\n").map(Number).filter(Boolean);
  return [...own, ...childrenIn(folder).flatMap(pidsIn)];
}

/** Kills all in it and below it in one act, which no fork escapes. */
export function killAll(folder: string): void {
  write(`${folder}/cgroup.kill`, "1");
}

/** Moves a process there, with its threads; its children stay where they are. */
export function moveTo(folder: string, pid: number): void {
  write(`${folder}/cgroup.procs`, String(pid));
}

/** Removes it with what its processes have made below it; what still has one stays. */
export function removeEmpty(folder: string): void {
  if (removed(folder)) return;
  try {
    childrenIn(folder).forEach(removeEmpty);
  } catch {
    // Out of descriptors.
  }
  removed(folder);
}

/** False where it is gone already, or somebody lives in it, or below it. */
function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Whether this process may write there; `cgroup.kill` came with Linux 5.14. */
export function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function childrenIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
  } catch (error) {
    return absent(error, []);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    return absent(error, "");
  }
}

/** The process or the folder may be gone, or its owner may not let svc: then it stays as it is. */
function write(file: string, text: string): void {
  try {
    // Neither made nor read: to its owner too, cgroup.kill is for writing only.
    const fd = openSync(file, constants.O_WRONLY);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    absent(error, null);
  }
}

/** EOPNOTSUPP: a threaded cgroup, whose processes are told of by the one above it. */
const PASSING = new Set(["ENOENT", "ENODEV", "ESRCH", "EACCES", "EPERM", "EROFS", "EOPNOTSUPP", "ENOTSUP"]);

/** Out of descriptors, nothing is known. */
function absent<T>(error: unknown, value: T): T {
  if (PASSING.has((error as NodeJS.ErrnoException).code ?? "")) return value;
  throw error;
}
