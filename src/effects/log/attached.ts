import type { Readable } from "node:stream";
import { decode } from "../../core/log/bytes.ts";
import type { Mask } from "../../core/log/mask.ts";
import type { Entry } from "../../core/log/records.ts";
import type { Ring } from "../../core/log/ring.ts";
import { type Lines, textOf } from "../../core/log/splitter.ts";
import type { Gate } from "./gate.ts";
import { createPump } from "./pump.ts";
import type { LogContext, ServiceLog } from "./service-log.ts";

/** The output of one process of an instance. */
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

/** While nobody reads svc's output, so many ended processes of one instance keep their pipes: a crash loop must not eat up the descriptors. */
export const MAX_DRAINING = 16;

export interface Life {
  readonly attached: Attached;
  readonly finished: Promise<void>;
  abandon(): void;
}

export interface Owner {
  readonly log: ServiceLog;
  readonly context: LogContext;
  readonly ring: Ring;
  readonly draining: Set<Life>;
  readonly gates: { readonly stdout: Gate; readonly stderr: Gate };
  readonly mask: Mask | null;
  keep(entry: Entry): void;
}

export function attach({ pid, stdout, stderr }: Source, { log, context, ring, draining, gates, mask, keep }: Owner): Attached {
  const { clock } = context;
  const since = clock.now();
  const watchers = new Set<(line: string) => void>();
  const receive = (stream: "stdout" | "stderr", lines: Lines): void => {
    const entry = context.deliver(log, { time: clock.now(), stream, pid, lines });
    keep(entry);
    if (watchers.size > 0) tell(watchers, entry);
  };
  const pumpOf = (stream: "stdout" | "stderr", pipe: Readable) => {
    const onLines = (lines: Lines): void => receive(stream, lines);
    return { stream, pump: createPump(pipe, { gate: gates[stream], clock, mask: mask?.stream() ?? null, onLines }) };
  };
  const pumps = [pumpOf("stdout", stdout), pumpOf("stderr", stderr)];
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
