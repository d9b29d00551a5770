import type { Spawn } from "../child.ts";
import type { Clock } from "../clock.ts";
import { loadNative, type Missing, type Native } from "../native/native.ts";
import type { LockFile } from "../ownership/lock.ts";
import { closeInherited } from "./inherited-descriptors.ts";
import { createPosixSpawner } from "./posix.ts";
import { createReaper, type Reaper } from "./reaper.ts";

/** The processes of a supervisor whose native part is there: it starts them by posix_spawn, and orphans become its children. */
export interface NativeProcesses {
  readonly spawn: Spawn;
  readonly orphans: Reaper["orphans"];
  /** Whether this process had children before it ran svc: those of the shell that has become it by an `exec`. */
  readonly cameWithChildren: boolean;
  readonly lockFile: LockFile;
  readonly openPipe: Native["openPipe"];
}

export interface NativeProcessesOptions {
  readonly clock: Pick<Clock, "arm">;
  /** Registers what is to be called at each SIGCHLD. */
  readonly onChildSignal: (listener: () => void) => void;
  /** See `trackNodeChildren`: of all that were started before this, too. */
  readonly isNodes: (pid: number) => boolean;
}

/** Turns this process into one that reaps: for good, so only in a program of svc's own. */
export function openNativeProcesses(options: NativeProcessesOptions): NativeProcesses | Missing {
  const native = loadNative();
  if ("missing" in native) {
    closeInherited();
    return native;
  }
  native.becomeSubreaper();
  const reaper = createReaper({ native, ...options });
  // It belongs to the open file: closing that gives it up.
  const lockFile: LockFile = async (fd) => (native.lockFile(fd) ? () => {} : null);
  const cameWithChildren = reaper.orphans()?.length !== 0;
  const { orphans } = reaper;
  return { spawn: createPosixSpawner({ native, reaper }), orphans, cameWithChildren, lockFile, openPipe: native.openPipe };
}
