const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** Milliseconds of a number (>= 0) or of text such as "500ms", "1.5s", "2m", "1h", "7d"; null for anything else. */
export function parseDuration(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : null;
  if (typeof value !== "string") return null;
  const match = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h|d)$/.exec(value.trim());
  if (!match) return null;
  const ms = Math.round(Number(match[1]) * UNITS.get(match[2]!)!);
  return Number.isSafeInteger(ms) ? ms : null;
}

/** A duration in a sentence: the largest unit that shows it as a whole number ("90 s", "2 m"), else seconds ("1.5 s"). */
export function formatDuration(ms: number): string {
  const whole = Math.round(ms);
  if (whole < 1000) return `${whole} ms`;
  const unit = [...UNITS].reverse().find(([name, size]) => name !== "ms" && whole % size === 0);
  if (unit) return `${whole / unit[1]} ${unit[0]}`;
  const digits = whole < 10_000 ? 2 : 1;
  return `${Number((whole / 1000).toFixed(digits))} s`;
}
