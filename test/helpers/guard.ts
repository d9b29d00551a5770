import { randomBytes } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import { afterEach } from "vitest";
import { livesOf, removeCgroups } from "./cgroups.ts";
import { environment, living, type Seen, signal, sinceBoot } from "./processes.ts";

export interface Guard {
  /** `NAME=value`; in the environment of everything that was started with `env`, and of what that started. */
  readonly marker: string;
  /** The test's own environment and the marker: for what the test starts. */
  readonly env: Readonly<Record<string, string>>;
  /** For what has no such environment, or clears it and loses its parent: ends this process, its group and its session too. */
  track(pid: number): void;
  /** The guarded processes that live now. `expect(guard.left()).toEqual([])` says that a test left nothing behind. */
  left(): number[];
}

/** A guard whose owner says when the test is over: for tests that run beside each other in one file. */
export interface OwnGuard extends Guard {
  /** Kills everything that still lives. */
  end(): Promise<void>;
}

const SWEEP_MS = 60_000;
/** Hundredths of a second that the two clocks of the kernel may differ by. */
const EARLIER = 100;

/**
 * To be called once at the top of a test file: after each test, passed or failed, everything that it started and that still
 * lives is killed.
 */
export function guardProcesses(): Guard {
  const guard = createGuard();
  afterEach(guard.end);
  return guard;
}

export function createGuard(): OwnGuard {
  const name = `TEST_GUARD_${randomBytes(6).toString("hex")}`;
  const marker = `${name}=1`;
  const tracked = new Set<number>();
  const inherited = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const since = sinceBoot() - EARLIER;
  const left = (): number[] => {
    const all = living();
    const isOurs = ({ pid, pgrp, session, started }: Seen): boolean =>
      [pid, pgrp, session].some((id) => tracked.has(id)) || (started >= since && environment(pid).includes(marker));
    return descendants(
      all,
      all.filter(isOurs).map(({ pid }) => pid),
    );
  };
  const end = async (): Promise<void> => {
    const lives = new Set<string>();
    await sweep(left, (pids) => {
      for (const life of livesOf(pids)) lives.add(life);
    });
    await removeCgroups([...lives]);
    tracked.clear();
  };
  return { marker, env: { ...Object.fromEntries(inherited), [name]: "1" }, track: (pid) => void tracked.add(pid), left, end };
}

/** With the roots themselves: a child may have cleared its environment and left its session. */
function descendants(all: readonly Seen[], roots: readonly number[]): number[] {
  const found = new Set(roots);
  // A Set iterates over what is added meanwhile.
  for (const parent of found) {
    for (const { pid, ppid } of all) {
      if (ppid === parent) {
        found.add(pid);
      }
    }
  }
  return [...found];
}

/** Stops all before it kills any, so that nobody starts a new one; until three looks in a row find nothing. */
async function sweep(left: () => number[], onStopped: (pids: readonly number[]) => void): Promise<void> {
  const deadline = performance.now() + SWEEP_MS;
  for (let quiet = 0; quiet < 3; ) {
    const pids = left();
    for (const pid of pids) signal(pid, "SIGSTOP");
    onStopped(pids);
    for (const pid of pids) signal(pid, "SIGKILL");
    quiet = pids.length === 0 ? quiet + 1 : 0;
    if (performance.now() > deadline) {
      throw new Error(`cannot end what the test left behind: ${pids.join(", ")}`);
    }
    if (pids.length > 0) {
      await after(5);
    }
  }
}
