import type { Readable } from "node:stream";
import { decode } from "../core/log/bytes.ts";
import type { Entry, Origin } from "../core/log/records.ts";
import { createRing } from "../core/log/ring.ts";
import { type Lines, textOf } from "../core/log/splitter.ts";
import type { LogRecord } from "../core/protocol.ts";
import type { LogFile } from "../core/spec.ts";
import type { Clock } from "./clock.ts";
import type { LogFileSink } from "./log-file.ts";
import { printToFile } from "./log-file-printer.ts";
import type { LogFiles } from "./log-files.ts";
import { createGate, type Gate } from "./log-gate.ts";
import { createPump } from "./log-pump.ts";
import type { Output } from "./output.ts";

/** The output of one instance, over all its processes. */
export interface ServiceLog {
  /** What is shown: `web`, or `web.1`. */
  readonly name: string;
  readonly service: string;
  readonly instance: number;
  /** Pumps the pipes of a new process; what an earlier one has left unfinished is never continued by it. */
  attach(source: Source): Attached;
  /** The last n lines, oldest first; svc's own words about the instance are among them. */
  recent(n: number): LogRecord[];
  rename(name: string): void;
  /** From now on its lines go to this file too; null: to none. Where svc keeps files by itself, null means such a one. */
  writeTo(file: LogFile | null): void;
  /** The name is shown no longer. Pipes that are still read are printed to their end. */
  close(): void;
}

export interface Source {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export interface Attached {
  /**
   * To be called when the main process has exited: reads the pipes to their end, or for 500 ms where a descendant holds
   * them open (which is said). A last line without a newline is printed. Resolves when all of it is on its way; while
   * svc's own reader stalls, that waits.
   */
  finish(): Promise<void>;
  /** Calls `onLine` with each whole line of this process, those already seen first. Returns the way to stop. */
  watchLines(onLine: (line: string) => void): () => void;
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
  closed(log: ServiceLog): void;
}

/** A service's log, and what only the hub may do with it. */
export interface LogState {
  readonly log: ServiceLog;
  keep(entry: Entry): void;
  /** The processes that have ended and whose pipes have not. */
  draining(): Promise<void>[];
}

/** While nobody reads svc's output, so many ended processes of one instance keep their pipes: a crash loop must not eat up the descriptors. */
const MAX_DRAINING = 16;

interface Life {
  readonly attached: Attached;
  readonly finished: Promise<void>;
  abandon(): void;
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
  let file: LogFileSink | null = null;

  const writeTo = (next: LogFile | null): void => {
    const before = file;
    file = next === null ? null : context.files.open(next);
    for (const gate of Object.values(gates)) gate.setSecond(file);
    if (before !== null) context.files.release(before);
  };
  const keep = (entry: Entry): void => {
    ring.push(entry);
    if (file !== null) printToFile(file, log.name, entry);
  };
  const ended = (): Promise<void>[] => Array.from(draining, (life) => life.finished);
  const log: ServiceLog = {
    get name() {
      return name;
    },
    service,
    instance,
    attach(source) {
      const [oldest] = draining;
      if (draining.size >= MAX_DRAINING) oldest?.abandon();
      return attach(source, { log, context, ring, draining, gates, keep });
    },
    recent: (n) => ring.last(n, log),
    rename(next) {
      name = next;
      context.namesChanged();
    },
    writeTo: (next) => writeTo(next ?? context.fileFor(service)),
    close() {
      context.closed(log);
      void Promise.all(ended()).then(() => writeTo(null));
    },
  };
  log.writeTo(identity.file ?? null);
  return { log, keep, draining: ended };
}

interface Owner {
  readonly log: ServiceLog;
  readonly context: LogContext;
  readonly ring: ReturnType<typeof createRing>;
  readonly draining: Set<Life>;
  readonly gates: { readonly stdout: Gate; readonly stderr: Gate };
  keep(entry: Entry): void;
}

function attach({ pid, stdout, stderr }: Source, { log, context, ring, draining, gates, keep }: Owner): Attached {
  const { clock } = context;
  const since = clock.now();
  const watchers = new Set<(line: string) => void>();
  const receive = (stream: "stdout" | "stderr", lines: Lines): void => {
    const entry = context.deliver(log, { time: clock.now(), stream, pid, lines });
    keep(entry);
    if (watchers.size > 0) tell(watchers, entry);
  };
  const pumps = [
    { stream: "stdout", pump: createPump(stdout, gates.stdout, clock, (lines) => receive("stdout", lines)) },
    { stream: "stderr", pump: createPump(stderr, gates.stderr, clock, (lines) => receive("stderr", lines)) },
  ];
  let abandoned = false;
  const drain = async (): Promise<void> => {
    const whole = await Promise.all(pumps.map(({ pump }) => pump.drain()));
    const held = pumps.filter((_, at) => !whole[at]).map(({ stream }) => stream);
    if (held.length > 0) context.say(abandoned ? givenUp(log, pid) : stillHeld(log, held), log);
  };
  let finished: Promise<void> | null = null;
  const attached: Attached = {
    finish() {
      if (finished !== null) return finished;
      finished = drain();
      const life: Life = {
        attached,
        finished,
        abandon() {
          abandoned = true;
          draining.delete(life);
          for (const { pump } of pumps) pump.cut();
        },
      };
      draining.add(life);
      void finished.then(() => draining.delete(life));
      return finished;
    },
    watchLines(onLine) {
      for (const record of ring.last(Number.POSITIVE_INFINITY, log)) {
        if (record.pid === pid && Date.parse(record.time) >= since) onLine(record.line);
      }
      watchers.add(onLine);
      return () => watchers.delete(onLine);
    },
  };
  return attached;
}

function tell(watchers: ReadonlySet<(line: string) => void>, entry: Entry): void {
  for (const line of decode(textOf(entry.lines)).split("\n")) {
    for (const onLine of watchers) onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  }
}

function stillHeld(log: ServiceLog, held: readonly string[]): string {
  return `${log.name}: a process that outlived it still holds its ${held.join(" and ")}; what that one writes is no longer read`;
}

function givenUp(log: ServiceLog, pid: number): string {
  return `${log.name}: nobody reads svc's output, and ${MAX_DRAINING} ended processes wait to be read; the rest of what pid ${pid} wrote is dropped`;
}
