import { escapeControls } from "../../core/escape.ts";
import { mergeByTime } from "../../core/log/merge.ts";
import { isFound, isWanted } from "../../core/log/wanted.ts";
import { means } from "../../core/names.ts";
import type { LogRecord } from "../../core/protocol.ts";
import type { Fault } from "../../effects/log/files/snapshot.ts";
import type { LogPrinter } from "../log-printer.ts";
import { type Boundary, olderRecords, type Shown } from "./older.ts";
import { newest, type Query } from "./query.ts";

export interface FilesAndMemory {
  readonly paths: readonly string[];
  /** Where memory begins; a new one for each reading. */
  readonly boundary: () => Boundary;
  /** How many of the files' last lines may be in memory too. */
  readonly linesInMemory: number;
  /** What of memory matches. */
  readonly found: readonly LogRecord[];
}

/** Prints what the files and memory hold, in order of time. */
export async function printFiles(printer: LogPrinter, query: Query, files: FilesAndMemory): Promise<void> {
  const source = { ...files, onFault: tellOnce() };
  const { lines } = query;
  if (lines === undefined) {
    for await (const some of read(query, source, undefined)) await print(printer, some);
    return;
  }
  // A filter that leaves lines out needs more of them than it lets through: nobody knows how many.
  const mayFilter = query.grep !== undefined || query.wanted.stream !== undefined;
  let last = mayFilter ? [] : await newestOf(read(query, source, lines + source.linesInMemory), lines);
  if (last.length < lines) last = await newestOf(read(query, source, undefined), lines);
  await print(printer, last);
}

/** Prints what the last so many lines of each file hold. */
export async function printLastOfEach(printer: LogPrinter, query: Query, files: FilesAndMemory, lines: number): Promise<void> {
  for await (const some of read(query, { ...files, onFault: tellOnce() }, lines)) await print(printer, some);
}

interface Reading extends FilesAndMemory {
  readonly onFault: (fault: Fault) => void;
}

/** The files may be read more than once. */
function tellOnce(): (fault: Fault) => void {
  const told = new Set<string>();
  return ({ path, error }) => {
    if (!told.has(path)) process.stderr.write(`svc: cannot read all of ${escapeControls(path)}: ${error.message}\n`);
    told.add(path);
  };
}

function read(query: Query, { paths, boundary, found, onFault }: Reading, last: number | undefined): AsyncGenerator<Shown[]> {
  const { names, wanted, grep } = query;
  const older = olderRecords({
    paths,
    range: { since: wanted.since, until: wanted.until, last },
    boundary: boundary(),
    isWanted: ({ name, origin, stream, time }) =>
      isWanted(wanted, { stream, time }) && (names.length === 0 || names.some((one) => means(one, { name, ...origin }))),
    onFault,
  });
  const memory = found.map((record) => ({ time: record.time, name: null, record }));
  return mergeByTime<Shown>([grepped(older, grep), one(memory)]);
}

async function* grepped(batches: AsyncIterable<Shown[]>, grep: RegExp | undefined): AsyncGenerator<Shown[]> {
  for await (const some of batches) yield grep === undefined ? some : some.filter(({ record }) => isFound(grep, record.line));
}

async function* one<T>(items: T): AsyncGenerator<T> {
  yield items;
}

async function newestOf(batches: AsyncIterable<Shown[]>, count: number): Promise<readonly Shown[]> {
  const kept: Shown[] = [];
  for await (const some of batches) {
    for (const item of some) kept.push(item);
    if (kept.length > 2 * count + 10_000) kept.splice(0, kept.length - count);
  }
  return newest(kept, count);
}

async function print(printer: LogPrinter, some: readonly Shown[]): Promise<void> {
  for (const { name, record } of some) if (name !== null) printer.know({ ...record, name });
  printer.print(some.map(({ record }) => record));
  await printer.written();
}
