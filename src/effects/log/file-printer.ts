import { filePrefix, formatFile } from "../../core/log/file-line.ts";
import type { Entry } from "../../core/log/records.ts";
import { textOf } from "../../core/log/splitter.ts";
import type { LogFileSink } from "./files/file.ts";
import { LANE_BYTES, sharedLane } from "./lane.ts";

/** Writes lines to logs as the service wrote them, each behind its time, name and stream. */
export function printToFiles(sinks: readonly LogFileSink[], name: string, entry: Entry): void {
  if (sinks.length === 0) return;
  const prefix = filePrefix(name, entry);
  const prefixed = entry.lines.end >= LANE_BYTES ? (sharedLane()?.prefix(prefix, entry.lines) ?? null) : null;
  const lines = prefixed ?? formatFile(prefix, textOf(entry.lines));
  for (const sink of sinks) sink.write(lines);
}
