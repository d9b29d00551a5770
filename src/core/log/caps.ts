/** Which rotated files must go so that the caps hold. */

export interface OldFile {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly bytes: number;
}

/** Of one log: those beyond `maxFiles` (the current one is one of them), and those older than `maxAgeMs`. Oldest first. */
export function surplus<T extends OldFile>(
  old: readonly T[],
  caps: { readonly maxFiles: number; readonly maxAgeMs: number | null },
  now: number,
): T[] {
  const sorted = oldestFirst(old);
  const beyond = sorted.length - (caps.maxFiles - 1);
  return sorted.filter(({ time }, at) => at < beyond || (caps.maxAgeMs !== null && now - time >= caps.maxAgeMs));
}

/** Of all logs that share a cap: the oldest, until `bytes` fit. */
export function oldestUntilFits<T extends OldFile>(old: readonly T[], bytesTooMany: number): T[] {
  let left = bytesTooMany;
  return oldestFirst(old).filter(({ bytes }) => {
    if (left <= 0) return false;
    left -= bytes;
    return true;
  });
}

function oldestFirst<T extends OldFile>(old: readonly T[]): T[] {
  return [...old].sort((a, b) => a.time - b.time);
}
