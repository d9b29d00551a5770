import { dirname, join } from "node:path";
import { DEFAULTS } from "../../../core/defaults.ts";
import type { LogFile } from "../../../core/spec.ts";
import type { Clock } from "../../clock.ts";
import type { OnTrouble } from "../sink/sink.ts";
import { type Budget, createBudget } from "./budget.ts";
import { createLogFile, type LogFileSink } from "./file.ts";
import { filesIn, measured, type Rotated, rotatedByLog } from "./folder.ts";
import { mayWriteTo } from "./open.ts";

/** All log files of one supervisor. */
export interface LogFiles {
  /** The same path is the same file, for as many as write to it. */
  open(file: LogFile): LogFileSink;
  /** To be called once for each `open`. */
  release(sink: LogFileSink): void;
  /** The files were moved away. */
  reopen(): void;
  settled(): Promise<unknown>;
  /** The same, and svc is about to end. */
  finished(): Promise<unknown>;
  all(): LogFileSink[];
}

export interface LogFilesOptions {
  readonly clock: Clock;
  readonly uid: number;
  readonly onTrouble: OnTrouble;
}

interface Shared {
  readonly sink: LogFileSink;
  users: number;
}

export function createLogFiles({ clock, uid, onTrouble }: LogFilesOptions): LogFiles {
  const shared = new Map<string, Shared>();
  const closing = new Set<Promise<void>>();
  const lookAt = createLook(uid);
  const budgetOf = createBudgets();
  return {
    open(caps) {
      const known = shared.get(caps.file);
      const budget = budgetOf(caps);
      if (known !== undefined) {
        known.users += 1;
        known.sink.follow(caps);
        return known.sink;
      }
      const left = lookAt(caps.file);
      const sink = createLogFile({ caps, budget, left, clock, uid, onTrouble });
      shared.set(caps.file, { sink, users: 1 });
      return sink;
    },
    release(sink) {
      const one = shared.get(sink.path);
      if (one?.sink !== sink) return;
      one.users -= 1;
      if (one.users > 0) return;
      shared.delete(sink.path);
      const closed = sink.close();
      closing.add(closed);
      void closed.finally(() => closing.delete(closed));
    },
    reopen() {
      for (const { sink } of shared.values()) sink.reopen();
    },
    settled: () => Promise.all([...Array.from(shared.values(), ({ sink }) => sink.settled()), ...closing]),
    finished: () => Promise.all([...Array.from(shared.values(), ({ sink }) => sink.finished()), ...closing]),
    all: () => Array.from(shared.values(), ({ sink }) => sink),
  };
}

/** Opens each of these, one path once. Those that were open before are to be released after that: what goes on being written stays open. */
export function openAll(files: LogFiles, wanted: readonly (LogFile | null)[]): LogFileSink[] {
  const given = wanted.filter((one) => one !== null);
  return given.filter((one, at) => given.findIndex(({ file }) => file === one.file) === at).map((one) => files.open(one));
}

/** The file of a service, or of svc's own words, in the state folder: what a detached supervisor writes. */
export function stateLog(folder: string, name: string): LogFile {
  return {
    file: join(folder, "logs", `${name}.log`),
    maxSize: DEFAULTS.logMaxSize,
    maxAgeMs: null,
    maxFiles: DEFAULTS.logMaxFiles,
    maxTotal: DEFAULTS.logMaxTotal,
    totalOf: "state",
    compress: DEFAULTS.logCompress,
  };
}

/** The logs that share a cap share a budget. */
function createBudgets(): (caps: LogFile) => Budget {
  const budgets = new Map<string, Budget>();
  return ({ file, maxTotal, totalOf }) => {
    const key = totalOf === "file" ? file : totalOf;
    let budget = budgets.get(key);
    if (budget === undefined) {
      budget = createBudget(maxTotal);
      budgets.set(key, budget);
      // What services that are no more have left in svc's own folder counts too, and can go.
      if (totalOf === "state") budget.adopt(filesIn(dirname(file)));
    }
    budget.limit(maxTotal);
    return budget;
  };
}

/** The files of a log, its current one included; none where svc would not write. */
type Look = (log: string) => Promise<readonly Rotated[]>;

/** The logs of one folder are opened at the same time: it is listed once for all of them. */
function createLook(uid: number): Look {
  const listings = new Map<string, Promise<ReadonlyMap<string, readonly Rotated[]>>>();
  const listed = (folder: string): Promise<ReadonlyMap<string, readonly Rotated[]>> => {
    const known = listings.get(folder);
    if (known !== undefined) return known;
    const listing = rotatedByLog(folder).finally(() => listings.delete(folder));
    listings.set(folder, listing);
    return listing;
  };
  return async (log) => {
    if (!mayWriteTo(dirname(log), uid)) return [];
    const [logs, current] = await Promise.all([listed(dirname(log)), measured([{ path: log, time: null, compressed: false }])]);
    return [...current, ...(logs.get(log) ?? [])];
  };
}
