/** A kilobyte of a config is 1,024 bytes, as in ulimit(1) and cgroups. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ["K", 1024],
  ["M", 1024 ** 2],
  ["G", 1024 ** 3],
]);

/** Bytes of a whole number (>= 0) or of text such as "64K", "10M", "1.5G"; null for anything else. */
export function parseSize(value: unknown): number | null {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (typeof value !== "string") return null;
  const match = /^(\d+(?:\.\d+)?)([KMG])$/i.exec(value.trim());
  if (!match) return null;
  const bytes = Math.round(Number(match[1]) * UNITS.get(match[2]!.toUpperCase())!);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A size in a sentence: "512 B", "64K", "1.5M". */
export function formatSize(bytes: number): string {
  const unit = [...UNITS].reverse().find(([, size]) => bytes >= size);
  return unit ? `${Number((bytes / unit[1]).toFixed(1))}${unit[0]}` : `${bytes} B`;
}
