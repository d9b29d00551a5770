import { pidNamespace } from "../proc/proc.ts";

/** The pid namespace of the machine itself: PROC_PID_INIT_INO of linux/proc_ns.h. */
const OF_THE_MACHINE = "pid:[4026531836]";

/**
 * As PID 1 of a container, ends every other process in it: the container ends with svc, and nobody escapes this one signal
 * (kill(2) with -1). Does nothing where svc is not PID 1, or is that of the machine.
 */
export function killNamespace(): void {
  const namespace = pidNamespace();
  if (process.pid !== 1 || namespace === null || namespace === OF_THE_MACHINE) return;
  try {
    process.kill(-1, "SIGKILL");
  } catch (error) {
    // There is nobody else.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
