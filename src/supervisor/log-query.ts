import type { LogsParams } from "../core/methods.ts";
import type { LogRecord } from "../core/protocol.ts";
import type { LogHub } from "../effects/log-hub.ts";
import type { Unit } from "./unit.ts";

/** More than any ring holds. */
const ALL = Number.MAX_SAFE_INTEGER;

/** What is kept of the named services, in order of time, as far as the filters let it through; at most the newest `lines`. */
export function recordsOf(logs: LogHub, units: readonly Unit[], params: LogsParams): LogRecord[] {
  const own = params.names.length === 0 ? logs.recent(ALL) : [];
  const records = [...units.map((unit) => unit.log.recent(ALL)), own].flat().filter((record) => wantsRecord(params, record));
  // Sorting is stable: lines of one service that came in the same millisecond keep their order.
  records.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return params.lines === undefined ? records : records.slice(Math.max(0, records.length - params.lines));
}

/** ISO stamps of one form compare as text. */
export function wantsRecord(params: LogsParams, record: LogRecord): boolean {
  if (params.stream !== undefined && record.stream !== params.stream) return false;
  if (params.since !== undefined && record.time < new Date(params.since).toISOString()) return false;
  return params.until === undefined || record.time < new Date(params.until).toISOString();
}
