import type { Spawn } from "./child.ts";
import type { Clock } from "./clock.ts";
import { loadNative, type Missing } from "./native.ts";
import { createReaper, type Reaper } from "./reaper.ts";
import { createPosixSpawner } from "./spawn-posix.ts";

/** The processes of a supervisor whose native part is there: it starts them by posix_spawn, and orphans become its children. */
export interface NativeProcesses {
  readonly spawn: Spawn;
  readonly orphans: Reaper["orphans"];
}

export interface NativeProcessesOptions {
  readonly clock: Pick<Clock, "arm">;
  /** Registers what is to be called at each SIGCHLD. */
  readonly onChildSignal: (listener: () => void) => void;
}

/**
 * Turns this process into one that reaps: for good, so only in a program of svc's own, and before it starts a child through
 * `node:child_process` that it does not wait for at once.
 */
export function openNativeProcesses(options: NativeProcessesOptions): NativeProcesses | Missing {
  const native = loadNative();
  if ("missing" in native) return native;
  native.becomeSubreaper();
  const reaper = createReaper({ native, ...options });
  return { spawn: createPosixSpawner({ native, reaper }), orphans: reaper.orphans };
}
