import { escapeControls } from "../../core/escape.ts";
import { encode } from "../../core/log/bytes.ts";
import { OWN_NAME } from "../../core/log/prefix.ts";
import { type Entry, type Origin, toRecords } from "../../core/log/records.ts";
import { createRing } from "../../core/log/ring.ts";
import { linesOf } from "../../core/log/splitter.ts";
import type { LogRecord } from "../../core/protocol.ts";
import type { LogFile, LogFormat } from "../../core/spec.ts";
import type { Clock } from "../clock.ts";
import { printToFiles } from "./file-printer.ts";
import type { LogFileSink } from "./files/file.ts";
import { createLogFiles, openAll, stateLog } from "./files/files.ts";
import { giveUp, giveUpFiles, isInTime } from "./give-up.ts";
import type { Output } from "./output.ts";
import { createPrinter, type Styles } from "./printer.ts";
import { createServiceLog, type Identity, type LogContext, type LogState, type ServiceLog } from "./service-log.ts";
import { STALL_BYTES } from "./sink/stream.ts";

export type { Attached, Source } from "./attached.ts";
export type { ServiceLog } from "./service-log.ts";

export interface LogHub {
  /** One per instance. */
  open(identity: Identity): ServiceLog;
  /** svc's own words, on stderr; about an instance they are also kept among its last lines. Control characters are escaped. */
  say(line: string, about?: ServiceLog): void;
  /**
   * Calls `follower` with the records as they arrive, once per chunk. It must not block; what it cannot pass on is its own
   * to drop and to count. A filter is asked for each chunk; null follows everything. Returns the way to stop.
   */
  follow(filter: ((log: ServiceLog) => boolean) | null, follower: (records: LogRecord[]) => void): () => void;
  /**
   * Resolves when the pipes of all ended processes are read and everything is written. At the deadline (milliseconds from
   * now) what still waits is given up, which is counted and, where somebody reads stderr, said.
   */
  flush(deadlineMs: number): Promise<void>;
  /** The last n of svc's own words that were about no instance, oldest first. */
  recent(n: number): LogRecord[];
  /** The config asks for this format from now on. */
  useFormat(format: LogFormat | null): void;
  /** From now on svc's own words about no instance go to this file too; as in `writeTo` of a service's log. */
  writeOwnTo(file: LogFile | null): void;
  readonly ownPaths: readonly string[];
  /** The log files were moved away: what comes from now on goes to new ones. */
  reopenFiles(): void;
  /** Resolves when the log files hold all that came before. */
  filesWritten(): Promise<unknown>;
  /** Lines that could not be written: the reader is gone, the disk is full, a deadline has passed. */
  readonly dropped: number;
}

export interface HubOptions {
  readonly clock: Clock;
  readonly output: Output;
  readonly styles: Styles;
  /** For another `log.format` of the config. Default: the styles stay as they are. */
  readonly stylesFor?: (format: LogFormat | null) => Styles;
  /** The state folder, where every log is to be kept in a file too. Default: null. */
  readonly stateFolder?: string | null;
  readonly uid: number;
}

/** With svc's own words behind the services' lines: what comes beyond is dropped, or a crash loop would fill the memory. */
const MAX_WAITING_BYTES = STALL_BYTES + 1024 * 1024;
const OWN_ORIGIN: Origin = { service: OWN_NAME, instance: 0 };

interface Follower {
  readonly filter: ((log: ServiceLog) => boolean) | null;
  readonly follower: (records: LogRecord[]) => void;
}

export function createLogHub({ clock, output, styles, stylesFor = () => styles, stateFolder = null, uid }: HubOptions): LogHub {
  const states = new Map<ServiceLog, LogState>();
  const names = (): string[] => Array.from(states.keys(), (log) => log.name);
  let printer = createPrinter(output, styles, names);
  const followers = new Set<Follower>();
  const ownRing = createRing();
  const files = createLogFiles({ clock, uid, onTrouble: (sentence) => say(sentence) });
  const fileFor = (name: string): LogFile | null => (stateFolder === null ? null : stateLog(stateFolder, name));
  let ownFiles: readonly LogFileSink[] = [];

  const notify = (log: ServiceLog | null, origin: Origin, entry: Entry): void => {
    let records: LogRecord[] | null = null;
    for (const { filter, follower } of followers) {
      if (filter !== null && (log === null || !filter(log))) continue;
      records ??= toRecords(origin, entry);
      follower(records);
    }
  };
  const namesChanged = (): void => printer.namesChanged();
  const say = (line: string, about?: ServiceLog): void => {
    const origin = about ?? OWN_ORIGIN;
    const entry: Entry = { time: clock.now(), stream: "svc", pid: null, lines: linesOf(encode(escapeControls(mask(line)))) };
    if (output.stderr.waiting > MAX_WAITING_BYTES) output.stderr.discard(1);
    else printer.print(OWN_NAME, origin, entry);
    // The last word before an exit must not wait for the event loop's next turn.
    output.stderr.flush();
    if (about === undefined) keepOwn(entry);
    else states.get(about)?.keep(entry);
    notify(about ?? null, origin, entry);
  };
  /** Those with values to mask: few, and a word about one service may quote another's. */
  const hiding = new Set<ServiceLog>();
  const mask = (line: string): string => Array.from(hiding).reduce((text, log) => log.mask(text), line);
  const keepOwn = (entry: Entry): void => {
    ownRing.push(entry);
    printToFiles(ownFiles, OWN_NAME, entry);
  };
  const writeOwnTo = (file: LogFile | null): void => {
    const before = ownFiles;
    ownFiles = openAll(files, [file, fileFor(OWN_NAME)]);
    for (const one of before) files.release(one);
  };
  const context: LogContext = {
    clock,
    output,
    files,
    fileFor,
    deliver(log, entry) {
      const printed = printer.print(log.name, log, entry);
      notify(log, log, printed);
      return printed;
    },
    say,
    namesChanged,
    hides(log, some) {
      if (some) hiding.add(log);
      else hiding.delete(log);
    },
    closed(log) {
      states.delete(log);
      hiding.delete(log);
      namesChanged();
    },
  };

  writeOwnTo(null);
  return {
    open(identity) {
      const state = createServiceLog(identity, context);
      states.set(state.log, state);
      namesChanged();
      return state.log;
    },
    say,
    follow(filter, follower) {
      const entry = { filter, follower };
      followers.add(entry);
      return () => followers.delete(entry);
    },
    async flush(deadlineMs) {
      const drained = Promise.all(Array.from(states.values()).flatMap((state) => state.draining()));
      const written = drained.then(() => Promise.all([output.stdout.settled(), output.stderr.settled(), files.finished()]));
      if (await isInTime(written, deadlineMs, clock)) return;
      for (const sentence of [...giveUp(output), ...giveUpFiles(files.all())]) say(sentence);
    },
    recent: (n) => ownRing.last(n, OWN_ORIGIN),
    useFormat(format) {
      printer = createPrinter(output, stylesFor(format), names);
    },
    writeOwnTo,
    get ownPaths() {
      return ownFiles.map(({ path }) => path);
    },
    reopenFiles: () => files.reopen(),
    filesWritten: () => files.settled(),
    get dropped() {
      return [...new Set([output.stdout, output.stderr]), ...files.all()].reduce((sum, { dropped }) => sum + dropped, 0);
    },
  };
}
