import { readdirSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import { type Library, type Missing, withLibrary } from "./library.ts";
import { createPosixSpawn, type PosixSpawn } from "./spawn.ts";
import { createWaits, type Waits } from "./wait.ts";

/** What Linux offers and Node does not: everything native that svc calls. Each call is made, and returns, on this thread. */
export interface Native extends Waits {
  /** From now on an orphan among this process's descendants becomes its child: prctl(2), PR_SET_CHILD_SUBREAPER. */
  becomeSubreaper(): boolean;
  readonly posixSpawn: PosixSpawn;
  /** A pipe whose ends no child inherits. Throws an error with `code` where it cannot be made (EMFILE, ENFILE). */
  openPipe(): Pipe;
  /** flock(2), LOCK_EX | LOCK_NB: false where another open file has the lock. Throws an error with `code` for any other reason. */
  lockFile(fd: number): boolean;
}

export type { Missing } from "./library.ts";

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

const PR_SET_CHILD_SUBREAPER = 36;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const O_CLOEXEC = 0o2000000;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** Loads the whole of it, or says why it is not there. */
export function loadNative(env: Readonly<Record<string, string | undefined>> = process.env): Native | Missing {
  return withLibrary(env, (library) => {
    closeOnExec(library);
    return {
      ...createWaits(library),
      posixSpawn: createPosixSpawn(library),
      becomeSubreaper: subreaper(library),
      openPipe: pipes(library),
      lockFile: locks(library),
    };
  });
}

function subreaper({ declare }: Library): Native["becomeSubreaper"] {
  const prctl = declare("prctl", ["int", "ulong", "ulong", "ulong", "ulong"]);
  return () => prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) === 0;
}

function pipes({ declare, errno }: Library): Native["openPipe"] {
  const pipe2 = declare("pipe2", ["void *", "int"]);
  const ends = Buffer.alloc(8);
  return () => {
    if (pipe2(ends, O_CLOEXEC) !== 0) {
      const code = getSystemErrorName(-errno());
      throw Object.assign(new Error(`cannot open a pipe: ${code}`), { code });
    }
    return { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
  };
}

function locks({ declare, errno }: Library): Native["lockFile"] {
  const flock = declare("flock", ["int", "int"]);
  return (fd) => {
    if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
    const code = getSystemErrorName(-errno());
    if (code === "EAGAIN") return false;
    throw Object.assign(new Error(`cannot lock the file: ${code}`), { code });
  };
}

/**
 * What svc inherited from its own parent is not for its services. Node sees to the lowest descriptors only: it stops at the
 * first gap above 15 (uv_disable_stdio_inheritance).
 */
function closeOnExec({ declare }: Library): void {
  const fcntl = declare("fcntl", ["int", "int", "long"]);
  for (const fd of readdirSync("/proc/self/fd").map(Number)) {
    if (fd > 2) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}
