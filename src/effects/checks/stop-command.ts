import type { Command } from "../../core/spec.ts";
import { readLines } from "../log/printed-lines.ts";
import type { OpenTag } from "../tree/tag.ts";
import { describeEnding, runShort } from "./short-command.ts";

export interface StopCommandRun {
  readonly cwd: string;
  /** The service's own environment, marker included: so the tree's end also finds what the command leaves behind. */
  readonly env: Readonly<Record<string, string>>;
  /** The service's main process, given as SVC_PID. */
  readonly pid: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** See `ShortCommand`. */
  readonly openTag?: OpenTag | undefined;
  readonly onStarted?: ((leader: number) => () => void) | undefined;
  /** Each line of both outputs, without its end; a line over 64 KiB comes in pieces. */
  readonly onLine: (line: string) => void;
}

/** Runs a service's `stop.command`. Resolves with null where it exited 0, else with how it ended: `exited 3`. Never rejects. */
export async function runStopCommand(command: Command, run: StopCommandRun): Promise<string | null> {
  const ending = await runShort({
    command,
    cwd: run.cwd,
    env: { ...run.env, SVC_PID: String(run.pid) },
    timeoutMs: run.timeoutMs,
    signal: run.signal,
    openTag: run.openTag,
    onStarted: run.onStarted,
    onOutput: (output) => void readLines(output, run.onLine),
  });
  return ending.kind === "exited" && ending.code === 0 ? null : describeEnding(ending);
}
