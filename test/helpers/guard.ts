import { randomBytes } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import { afterEach } from "vitest";
import { living, processesWith, signal } from "./processes.ts";

export interface Guard {
  /** `NAME=value`; in the environment of everything that was started with `env`, and of what that started. */
  readonly marker: string;
  /** The test's own environment and the marker: for what the test starts. */
  readonly env: Readonly<Record<string, string>>;
  /** For what gets no such environment, or clears it: everything in this process's group and session is ended too. */
  track(pid: number): void;
  /** The guarded processes that live now. `expect(guard.left()).toEqual([])` says that a test left nothing behind. */
  left(): number[];
}

const SWEEP_MS = 10_000;

/**
 * To be called once at the top of a test file: after each test, passed or failed, everything that it started and that still
 * lives is killed.
 */
export function guardProcesses(): Guard {
  const name = `TEST_GUARD_${randomBytes(6).toString("hex")}`;
  const marker = `${name}=1`;
  const tracked = new Set<number>();
  const inherited = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const left = (): number[] => {
    const bound = living().filter(({ pid, pgrp, session }) => [pid, pgrp, session].some((id) => tracked.has(id)));
    return [...new Set([...processesWith(marker), ...bound.map(({ pid }) => pid)])];
  };
  afterEach(async () => {
    await sweep(left);
    tracked.clear();
  });
  return { marker, env: { ...Object.fromEntries(inherited), [name]: "1" }, track: (pid) => void tracked.add(pid), left };
}

/** Stops all before it kills any, so that nobody starts a new one; until three looks in a row find nothing. */
async function sweep(left: () => number[]): Promise<void> {
  const deadline = performance.now() + SWEEP_MS;
  for (let quiet = 0; quiet < 3; ) {
    const pids = left();
    for (const name of ["SIGSTOP", "SIGKILL"] as const) {
      for (const pid of pids) {
        signal(pid, name);
      }
    }
    quiet = pids.length === 0 ? quiet + 1 : 0;
    if (performance.now() > deadline) {
      throw new Error(`cannot end what the test left behind: ${pids.join(", ")}`);
    }
    if (pids.length > 0) {
      await after(5);
    }
  }
}
