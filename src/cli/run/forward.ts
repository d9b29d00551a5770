import { writeSync } from "node:fs";
import { signalNumber } from "../../core/signals.ts";
import { readStat } from "../../effects/proc/proc.ts";
import { descendantsInGroup } from "../../effects/tree/shared-group.ts";
import type { RunOptions } from "./options.ts";

/** Sends a signal that svc got on to the command, as the options say. */
export function forward(signal: string, main: number, { target, rewrite, shared }: Pick<RunOptions, "target" | "rewrite"> & Shared): void {
  const sent = rewrite.has(signal) ? rewrite.get(signal)! : signal;
  if (sent === null) return;
  for (const pid of recipients(main, target, shared)) send(pid, sent);
}

export interface Shared {
  /** The command was started in svc's own group. */
  readonly shared: boolean;
}

/** Pids, or a group as a negative number (kill(2)). A shell with job control has left svc's group for one of its own. */
function recipients(main: number, target: RunOptions["target"], shared: boolean): readonly number[] {
  if (target === "main") return [main];
  if (!shared || readStat(main)?.pgrp === main) return [-main];
  const group = descendantsInGroup();
  return group.length === 0 ? [main] : group;
}

function send(pid: number, signal: string): void {
  try {
    process.kill(pid, signalNumber(signal)!);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ESRCH") say(`cannot send ${signal} to ${pid < 0 ? `group ${-pid}` : pid}: ${code}`);
  }
}

/** Past Node's streams: an open one makes stderr non-blocking for the command too. */
export function say(text: string): void {
  try {
    writeSync(2, `svc: ${text}\n`);
  } catch {
    // Nobody reads it, or it is full just now: the command matters more.
  }
}
