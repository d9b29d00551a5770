import { isWanted } from "../../core/log/wanted.ts";
import type { Logs, LogsParams, OlderLogs } from "../../core/methods.ts";
import type { LogRecord } from "../../core/protocol.ts";
import type { Clock } from "../../effects/clock.ts";
import { pause } from "../../effects/clock.ts";
import type { LogHub } from "../../effects/log/hub.ts";
import type { Unit } from "../unit/unit.ts";

/** More than any ring holds. */
const ALL = Number.MAX_SAFE_INTEGER;
/** A disk that hangs must not hold up the answer. */
const FILES_MS = 2000;

interface Source {
  readonly logs: LogHub;
  readonly clock: Clock;
}

/**
 * What is kept in memory of the named services, in order of time, as far as the filters let it through; at most the newest
 * `lines`. What of it is taken is settled when this returns; the promise only waits for the files.
 */
export async function queryLogs({ logs, clock }: Source, units: readonly Unit[], params: LogsParams): Promise<Logs> {
  const own = params.names.length === 0;
  const paths = params.files === true ? [...units.flatMap((unit) => unit.log.paths), ...(own ? logs.ownPaths : [])] : [];
  const mayFilter = params.since !== undefined || params.until !== undefined || params.stream !== undefined;
  // With files it counts where memory begins. Otherwise to make records of what is not asked for would cost megabytes.
  const count = mayFilter || paths.length > 0 ? ALL : (params.lines ?? ALL);
  const memory = units.map((unit) => unit.log.recent(count));
  if (own) memory.push(logs.recent(count));
  const records = inOrder(memory.flat().filter((record) => isWanted(params, record)));
  const kept = params.lines === undefined ? records : records.slice(Math.max(0, records.length - params.lines));
  if (params.files !== true) return { records: kept };
  if (paths.length === 0) return { records: kept, older: null };
  const older = { paths: [...new Set(paths)], asOf: new Date(clock.now()).toISOString(), memory: memory.flatMap(beginningOf) };
  await Promise.race([logs.filesWritten(), pause(clock, FILES_MS)]);
  return { records: kept, older };
}

/** Sorting is stable: lines of one service that came in the same millisecond keep their order. */
function inOrder(records: LogRecord[]): LogRecord[] {
  return records.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

function beginningOf(records: readonly LogRecord[]): OlderLogs["memory"] {
  const [first] = records;
  if (first === undefined) return [];
  const { service, instance, time } = first;
  const end = records.findIndex((record) => record.time !== time);
  return [{ service, instance, time, lines: end < 0 ? records.length : end }];
}
