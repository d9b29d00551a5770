import { closeSync, writeSync } from "node:fs";
import { type DetachedNews, waitingNews } from "../../core/detached.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { closeHanded } from "../../effects/spawn/inherited-descriptors.ts";
import { waitUntilUp } from "../../supervisor/fleet/waits.ts";
import type { Supervisor } from "../../supervisor/supervisor.ts";
import type { Unit } from "../../supervisor/unit/unit.ts";
import { describeFault } from "./faults.ts";

/** The command that has started this supervisor in the background, and waits for word. It may be gone at any time. */
export interface Starter {
  /** That command's stderr: what the config writes to the console at the start is for whoever waits there. */
  readonly output: number;
  /** To be called when the config has been read: nothing of that terminal or pipe is held longer. */
  closeOutput(): void;
  /** Of what `svc check` warns of. */
  warn(sentences: readonly string[]): void;
  /** The last word. */
  tell(news: DetachedNews): void;
  fail(error: unknown): void;
  /** Tells of each service that comes up, and in the end whether all are. */
  follow(supervisor: Supervisor, units: readonly Unit[], socket: string | null): void;
}

/** Where the command listens; no child of this process inherits it, as Node closes on exec what it was started with. */
export const STARTER_FD = 3;
/** Its stderr; not the number 2, which this process keeps. */
const OUTPUT_FD = 4;

export function openStarter(): Starter {
  closeHanded(OUTPUT_FD);
  let open = true;
  const write = (news: DetachedNews): void => {
    try {
      if (open) writeSync(STARTER_FD, `${JSON.stringify(news)}\n`);
    } catch {
      // Ctrl-C has ended its wait (EPIPE).
      close();
    }
  };
  const close = (): void => {
    if (open) closeSync(STARTER_FD);
    open = false;
  };
  const tell = (news: DetachedNews): void => {
    write(news);
    close();
  };
  const fail = (error: unknown): void => tell(failure(error));
  return {
    output: OUTPUT_FD,
    closeOutput: () => closeSync(OUTPUT_FD),
    warn: (sentences) => sentences.forEach((line) => void write({ kind: "warning", line })),
    tell,
    fail,
    follow: (supervisor, units, socket) => {
      const onProgress = (names: readonly string[]): void => write(waitingNews(names));
      const up = waitUntilUp(supervisor.fleet, units, { command: "start", onProgress });
      up.then(() => tell({ kind: "up", pid: process.pid, socket }), fail);
    },
  };
}

function failure(error: unknown): DetachedNews {
  if (!(error instanceof SvcError)) return { kind: "failed", message: describeFault(error), hint: null, exitCode: EXIT.failed };
  return { kind: "failed", message: error.message, hint: error.hint, exitCode: error.exitCode };
}
