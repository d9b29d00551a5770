import { closeSync, readdirSync, readFileSync } from "node:fs";

/** fcntl(2), the same on x64 and arm64; octal, as in proc_pid_fdinfo(5). */
const O_CLOEXEC = 0o2000000;
/** Up to here, and on to the first gap, Node has seen to it at its start (uv_disable_stdio_inheritance). */
const SEEN_TO = 15;

/**
 * What svc inherited from its own parent is not for its services. Where the native part is missing nothing can mark it as
 * such, so it is closed; all that Node opens is marked. What holds a lock stays: whoever passed it on may count on that.
 */
export function closeInherited(): void {
  close(SEEN_TO, (info) => !/^lock:/m.test(info));
}

/**
 * Closes all above `last` that this process was handed, locks too. A process in the background would otherwise keep a pipe of
 * its caller's open for as long as it lives. To be called before anything else marks descriptors.
 */
export function closeHanded(last: number): void {
  close(last, () => true);
}

/** What came through exec, which is what is not closed on exec. Nothing where there is no /proc. */
function close(last: number, isMeant: (info: string) => boolean): void {
  for (const fd of openDescriptors()) {
    const info = fd > last ? infoOf(fd) : null;
    if (info !== null && survivesExec(info) && isMeant(info)) closeSync(fd);
  }
}

function openDescriptors(): readonly number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    return [];
  }
}

/** Null where it is open no more, as that of the look at the list. */
function infoOf(fd: number): string | null {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
  } catch {
    return null;
  }
}

function survivesExec(info: string): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
}
