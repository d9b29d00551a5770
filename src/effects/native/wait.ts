import { signalName } from "../../core/signals.ts";
import type { Exit } from "../child.ts";
import type { Library } from "./library.ts";

/** waitid(2) and linux/wait.h. */
const P_ALL = 0;
const P_PID = 1;
const WNOHANG = 0x00000001;
const WEXITED = 0x00000004;
const WNOWAIT = 0x01000000;
/** Only children of this thread: those of a worker thread are its own to wait for. */
const WNOTHREAD = 0x20000000;

/** siginfo_t of 64-bit Linux, filled in for a child (asm-generic/siginfo.h). */
const SIGINFO_BYTES = 128;
const SI_CODE = 8;
const SI_PID = 16;
const SI_STATUS = 24;
const CLD_EXITED = 1;

export interface Waits {
  /** The pid of a child of this thread that has ended, and that stays to be waited for; 0 where there is none. */
  waitable(): number;
  /** Takes the exit status of this child; null where it still runs or is no child of this thread. */
  reap(pid: number): Exit | null;
}

export function createWaits(library: Library): Waits {
  const waitid = library.declare("waitid", ["int", "int", "void *", "int"]);
  const info = Buffer.alloc(SIGINFO_BYTES);
  const wait = (kind: number, pid: number, options: number): boolean => {
    info.writeInt32LE(0, SI_PID);
    return waitid(kind, pid, info, WEXITED | WNOHANG | WNOTHREAD | options) === 0 && info.readInt32LE(SI_PID) !== 0;
  };
  return {
    waitable: () => (wait(P_ALL, 0, WNOWAIT) ? info.readInt32LE(SI_PID) : 0),
    reap(pid) {
      if (!wait(P_PID, pid, 0)) return null;
      const status = info.readInt32LE(SI_STATUS);
      return info.readInt32LE(SI_CODE) === CLD_EXITED ? { code: status, signal: null } : { code: null, signal: signalName(status) };
    },
  };
}
