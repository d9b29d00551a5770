import { formatSize } from "../core/size.ts";

/** How numbers are shown in a table: short, and never more exact than they are. */

/** `-` for what there is none of. */
export const NONE = "-";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The two largest units: `41s`, `3m 20s`, `5h 2m`, `12d 4h`. */
export function uptime(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m ${Math.floor((ms % MINUTE) / SECOND)}s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h ${Math.floor((ms % HOUR) / MINUTE)}m`;
  return `${Math.floor(ms / DAY)}d ${Math.floor((ms % DAY) / HOUR)}h`;
}

export function percent(value: number | null): string {
  return value === null ? NONE : `${value.toFixed(1)}%`;
}

export function bytes(value: number | null): string {
  return value === null ? NONE : formatSize(value);
}
