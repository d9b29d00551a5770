import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, SvcError } from "../../core/errors.ts";
import { cureFor } from "../../core/shortage.ts";
import { flock } from "../native/flock.ts";
import { readOwner } from "./owner.ts";
import type { Held } from "./running-supervisor.ts";
import { type OwnerFacts, removeOwner, standing, writeOwner } from "./standing.ts";

/** The hold on a runtime folder. It ends with the process, however that ends. */
export interface Lock {
  readonly folder: string;
  release(): void;
}

/** Takes an exclusive flock(2) on an open file: what gives it up, or null where another process holds it. */
export type LockFile = (fd: number) => Promise<LetGo | null>;
type LetGo = () => void;

const LOCK_NAME = "lock";
/** The winner writes who it is a moment after it has won; a dying one lets go a moment after it has lost its pid. */
const RETRY_MS = 20;
const PATIENCE_MS = 5_000;
/** BSD's open(2), macOS included; Node has no names for them. */
const O_EXLOCK = 0x20;

/**
 * Takes a runtime folder for this process, in one atomic act. Where another process holds it, names that one: never a
 * dead one, nor one that an earlier life left written. `lockFile` is how files are locked on Linux.
 */
export async function acquire(folder: string, facts: OwnerFacts, lockFile: LockFile = flock): Promise<Lock | Held> {
  for (const started = process.uptime(); ; await sleep(RETRY_MS)) {
    const letGo = await tryLock(join(folder, LOCK_NAME), lockFile);
    if (letGo) return own(folder, facts, letGo);
    const owner = readOwner(folder, process.getuid?.() ?? -1);
    const known = owner && standing(owner);
    if (owner && known === "alive") return { heldBy: owner.pid };
    if ((process.uptime() - started) * 1000 < PATIENCE_MS) continue;
    if (owner && known === "elsewhere") return { heldBy: owner.pid };
    throw new SvcError(`cannot tell which process holds ${join(folder, LOCK_NAME)}`, EXIT.failed, {
      hint: "end the supervisor that runs this config, or the process that keeps its lock file open, and try again",
    });
  }
}

/** Null where another process holds it. */
async function tryLock(path: string, lockFile: LockFile): Promise<LetGo | null> {
  const fd = openLock(path);
  if (fd === null) return null;
  const letGo = process.platform === "linux" ? await lockFile(fd) : () => {};
  // A cleaner of temporary files may have removed the file meanwhile: then the next one would lock another file.
  if (letGo && isStill(path, fd)) {
    return () => {
      letGo();
      closeSync(fd);
    };
  }
  letGo?.();
  closeSync(fd);
  return null;
}

function openLock(path: string): number | null {
  const bsd = process.platform === "linux" ? 0 : O_EXLOCK | constants.O_NONBLOCK;
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | bsd, 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (bsd && (code === "EAGAIN" || code === "EWOULDBLOCK")) return null;
    throw new SvcError(`cannot open the lock file: ${message}`, EXIT.failed, { cause: error, hint: cureFor(error) });
  }
}

function isStill(path: string, fd: number): boolean {
  const held = fstatSync(fd);
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there?.ino === held.ino && there.dev === held.dev;
}

function own(folder: string, facts: OwnerFacts, letGo: LetGo): Lock {
  try {
    writeOwner(folder, facts);
  } catch (error) {
    letGo();
    throw new SvcError(`cannot write to ${folder}: ${(error as Error).message}`, EXIT.failed, { cause: error, hint: cureFor(error) });
  }
  return {
    folder,
    release: () => {
      removeOwner(folder);
      letGo();
    },
  };
}
