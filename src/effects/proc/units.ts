import { readFileSync } from "node:fs";

/** What the numbers of /proc/PID/stat count. */

export function pageSize(): number {
  page ??= auxiliary(AT_PAGESZ) ?? 4096;
  return page;
}

/** How many of the ticks of `ProcStat` make a second. */
export function ticksPerSecond(): number {
  clockTick ??= auxiliary(AT_CLKTCK) ?? 100;
  return clockTick;
}

// linux/auxvec.h; the vector is the one place where both stand without a call into C.
const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;
let page: number | null = null;
let clockTick: number | null = null;

function auxiliary(key: bigint): number | null {
  const vector = readVector();
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (vector.readBigUInt64LE(at) === key) {
      return Number(vector.readBigUInt64LE(at + 8));
    }
  }
  return null;
}

/** Empty where there is none, or Node may not look at itself (a program with capabilities of its own). */
function readVector(): Buffer {
  try {
    return readFileSync("/proc/self/auxv");
  } catch {
    return Buffer.alloc(0);
  }
}
