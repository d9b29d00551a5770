import { closeSync, readdirSync, readFileSync } from "node:fs";

/** octal, as in proc_pid_fdinfo(5) */
const O_CLOEXEC = 0o2000000;

/**
 * Closes what this process was handed by accident: everything above `last` that came through exec, which is what is not
 * closed on exec. Node sets that mark itself on the lowest descriptors only (up to the first gap above 15), and on all that it
 * opens. A process in the background would otherwise keep a pipe of its caller's open for as long as it lives. To be called
 * before anything else sets the mark. Does nothing where there is no /proc.
 */
export function closeInherited(last: number): void {
  for (const fd of openFiles()) if (fd > last && survivesExec(fd)) closeSync(fd);
}

function openFiles(): number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    return [];
  }
}

/** False for the descriptor of the listing, which is closed again. */
function survivesExec(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"));
    return flags !== null && (Number.parseInt(flags[1]!, 8) & O_CLOEXEC) === 0;
  } catch {
    return false;
  }
}
