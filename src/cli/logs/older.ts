import { type FileLine, recordOf } from "../../core/log/file-line.ts";
import { mergeByTime } from "../../core/log/merge.ts";
import { eachOnce, type Sourced } from "../../core/log/once.ts";
import type { OlderLogs } from "../../core/methods.ts";
import type { LogRecord } from "../../core/protocol.ts";
import { type LogRange, readLog } from "../../effects/log/files/reader.ts";
import type { Fault } from "../../effects/log/files/snapshot.ts";

/** A record of a file, and the name that was shown for it. */
export interface Shown {
  /** That of the record, for the merge. */
  readonly time: string;
  /** null: the supervisor knows it. */
  readonly name: string | null;
  readonly record: LogRecord;
}

export interface OlderQuery {
  readonly paths: readonly string[];
  readonly range: LogRange;
  readonly isWanted: (line: FileLine) => boolean;
  readonly boundary: Boundary;
  /** A file that cannot be read, or not to its end: the others are. */
  readonly onFault: (fault: Fault) => void;
}

/** The records of the files, in order of time, some at a time. */
export async function* olderRecords({ paths, range, isWanted, boundary, onFault }: OlderQuery): AsyncGenerator<Shown[]> {
  const sources = paths.map((path) => readLog(path, range, onFault));
  const merged = sources.length === 1 ? sources[0]! : eachOnce(mergeByTime(sources.map(tagged)));
  for await (const lines of merged) yield lines.flatMap(boundary.pass).filter(isWanted).map(shown);
  yield boundary.rest().filter(isWanted).map(shown);
}

async function* tagged(batches: AsyncIterable<FileLine[]>, source: number): AsyncGenerator<Sourced[]> {
  for await (const lines of batches) yield lines.map((line) => ({ time: line.time, source, line }));
}

function shown(line: FileLine): Shown {
  return { time: line.time, name: line.name, record: recordOf(line) };
}

/** Where the supervisor's memory begins: what it has must not come from the files as well. */
export interface Boundary {
  /** The lines that are sure to be older than memory, once this one has come. */
  pass(line: FileLine): FileLine[];
  /** Those that could not be told before the end. */
  rest(): FileLine[];
}

/** Without a supervisor nothing is in memory. */
export const NOTHING_IN_MEMORY: Boundary = { pass: (line) => [line], rest: () => [] };

interface Beginning {
  readonly time: string;
  /** How many of that time are in memory: the last of them. */
  readonly lines: number;
  held: FileLine[];
}

export function boundaryOf({ asOf, memory }: OlderLogs): Boundary {
  const beginnings = new Map<string, Beginning>(
    memory.map(({ service, instance, time, lines }) => [`${service}.${instance}`, { time, lines, held: [] }]),
  );
  const release = (isDue: (beginning: Beginning) => boolean): FileLine[] =>
    [...beginnings.values()].filter(isDue).flatMap((beginning) => {
      const older = beginning.held.slice(0, Math.max(0, beginning.held.length - beginning.lines));
      beginning.held = [];
      return older;
    });
  return {
    pass(line) {
      const released = release(({ held, time }) => held.length > 0 && time < line.time);
      const beginning = beginnings.get(`${line.origin.service}.${line.origin.instance}`);
      if (beginning?.time === line.time) beginning.held.push(line);
      else if (line.time < (beginning?.time ?? asOf)) released.push(line);
      return released;
    },
    rest: () => release(() => true),
  };
}
