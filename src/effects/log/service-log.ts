import { createMask, type Mask } from "../../core/log/mask.ts";
import type { Entry, Origin } from "../../core/log/records.ts";
import { createRing } from "../../core/log/ring.ts";
import type { LogRecord } from "../../core/protocol.ts";
import type { LogFile } from "../../core/spec.ts";
import type { Clock } from "../clock.ts";
import { type Attached, attach, type Life, MAX_DRAINING, type Source } from "./attached.ts";
import { printToFiles } from "./file-printer.ts";
import type { LogFileSink } from "./files/file.ts";
import { type LogFiles, openAll } from "./files/files.ts";
import { createGate } from "./gate.ts";
import type { Output } from "./output.ts";

/** The output of one instance, over all its processes. */
export interface ServiceLog {
  /** What is shown: `web`, or `web.1`. */
  readonly name: string;
  readonly service: string;
  readonly instance: number;
  /** The files that it is written to. */
  readonly paths: readonly string[];
  /** Pumps the pipes of a new process; what an earlier one has left unfinished is never continued by it. */
  attach(source: Source): Attached;
  /** The last n lines, oldest first; svc's own words about the instance are among them. */
  recent(n: number): LogRecord[];
  rename(name: string): void;
  /** From now on its lines go to this file too; null: to none. Where svc keeps files by itself, they go to such a one as well. */
  writeTo(file: LogFile | null): void;
  /** These values are masked from the next process on, and in svc's words about the instance at once. */
  hide(values: readonly string[]): void;
  /** Text that is about the instance, without the values that are hidden. */
  mask(text: string): string;
  /** The name is shown no longer. Pipes that are still read are printed to their end. */
  close(): void;
}

export interface LogContext {
  readonly clock: Clock;
  readonly output: Output;
  readonly files: LogFiles;
  /** The file that svc keeps by itself; null where it keeps none. */
  fileFor(service: string): LogFile | null;
  /** Prints lines, tells followers, and returns them in the form to be kept. */
  deliver(log: ServiceLog, entry: Entry): Entry;
  say(line: string, about: ServiceLog): void;
  namesChanged(): void;
  /** Whether there are values that the log masks. */
  hides(log: ServiceLog, some: boolean): void;
  closed(log: ServiceLog): void;
}

/** A service's log, and what only the hub may do with it. */
export interface LogState {
  readonly log: ServiceLog;
  keep(entry: Entry): void;
  /** The processes that have ended and whose pipes have not. */
  draining(): Promise<void>[];
}

export interface Identity extends Origin {
  /** What is shown: `web` or `web.1`. */
  readonly name: string;
  /** See `writeTo`. Default: null. */
  readonly file?: LogFile | null;
}

export function createServiceLog(identity: Identity, context: LogContext): LogState {
  const { service, instance } = identity;
  let name = identity.name;
  const ring = createRing();
  const draining = new Set<Life>();
  const gates = { stdout: createGate(context.output.stdout), stderr: createGate(context.output.stderr) };
  let files: readonly LogFileSink[] = [];
  let mask: Mask | null = null;

  const writeTo = (wanted: readonly (LogFile | null)[]): void => {
    const before = files;
    files = openAll(context.files, wanted);
    for (const gate of Object.values(gates)) gate.setOthers(files);
    for (const one of before) context.files.release(one);
  };
  const keep = (entry: Entry): void => {
    ring.push(entry);
    printToFiles(files, log.name, entry);
  };
  const ended = (): Promise<void>[] => Array.from(draining, (life) => life.finished);
  const log: ServiceLog = {
    get name() {
      return name;
    },
    service,
    instance,
    get paths() {
      return files.map(({ path }) => path);
    },
    attach(source) {
      const [oldest] = draining;
      if (draining.size >= MAX_DRAINING) oldest?.abandon();
      return attach(source, { log, context, ring, draining, gates, mask, keep });
    },
    recent: (n) => ring.last(n, log),
    rename(next) {
      name = next;
      context.namesChanged();
    },
    writeTo: (next) => writeTo([next, context.fileFor(service)]),
    hide(values) {
      mask = createMask(values);
      context.hides(log, mask !== null);
    },
    mask: (text) => mask?.apply(text) ?? text,
    close() {
      context.closed(log);
      void Promise.all(ended()).then(() => writeTo([]));
    },
  };
  log.writeTo(identity.file ?? null);
  return { log, keep, draining: ended };
}
