import { closeSync, readdirSync, readFileSync } from "node:fs";

/** fcntl(2), the same on x64 and arm64. */
const O_CLOEXEC = 0o2000000;
/** Up to here, and on to the first gap, Node has seen to it at its start (uv_disable_stdio_inheritance). */
const SEEN_TO = 15;

/**
 * What svc inherited from its own parent is not for its services. Where the native part is missing nothing can mark it as
 * such, so it is closed; all that Node opens is marked. What holds a lock stays: whoever passed it on may count on that.
 */
export function closeInherited(): void {
  for (const fd of descriptors()) {
    if (fd > SEEN_TO && isInherited(fd)) closeSync(fd);
  }
}

function descriptors(): readonly number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    return [];
  }
}

/** False where it is open no more, as that of the look at the list. */
function isInherited(fd: number): boolean {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
    const flags = /^flags:\s*([0-7]+)$/m.exec(text)?.[1] ?? "";
    return (Number.parseInt(flags, 8) & O_CLOEXEC) === 0 && !/^lock:/m.test(text);
  } catch {
    return false;
  }
}
