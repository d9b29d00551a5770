import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";
import { type ProcessId, readStat } from "../proc/proc.ts";
import { KEEPER_SCRIPT } from "./keeper-script.ts";

/**
 * A process that does nothing until svc ends, however that happens, and then kills what it was told of. A shell of
 * 0.2 MB, in place of a parent-death signal (prctl(2)): that costs each start an exec where there is no native part, is not
 * to be had on Alpine, and spares all of the group but the main process.
 */
export interface Keeper {
  /** Null while there is none. */
  id(): ProcessId | null;
  /** From now on this group ends with svc. */
  add(group: KeptGroup): void;
  /** Nobody is left in it. */
  remove(group: KeptGroup): void;
  /** What carries this mark ends with svc, too, whether it is in a group that was added or not; null: no more. */
  keepLife(life: KeptLife | null): void;
  /** Where it is to be said what happens to the keeper; what has happened until now is said at once. */
  report(to: KeeperReports): void;
  /** Ends the keeper, and the groups that it still has. Resolves when it is gone, at the latest after 200 ms. */
  close(): Promise<void>;
}

export interface KeptGroup extends ProcessId {
  /** The name of a marker: what carries it ends with the group, wherever it is. Default: none. */
  readonly mark?: string | undefined;
  /** The number of a socket: what has it open ends with the group. Default: none. */
  readonly tag?: number | undefined;
  /** The instance that it belongs to. Default: none, so that no rule spares any of its descendants. */
  readonly instance?: string | undefined;
  /** The folder of a cgroup: all in it ends with the group, and it goes with them. Default: none. */
  readonly cgroup?: string | undefined;
}

export interface KeptLife {
  /** The name of the life's marker. */
  readonly mark: string;
  /** The services that may leave behind what has left their group (`stop.tree: false`). */
  readonly spared: readonly string[];
}

export interface KeeperReports {
  /** There is another keeper now: the first was killed. */
  readonly onReplaced: () => void;
  /** There is none, and why; said once. */
  readonly onMissing: (reason: string) => void;
}

export interface KeeperOptions {
  readonly clock: Clock;
  /** Of the keeper itself; with the markers of the services that svc is part of. */
  readonly env: Readonly<Record<string, string>>;
  /** Default `/bin/sh`. */
  readonly shell?: readonly [program: string, ...args: string[]];
}

/** A keeper that is killed is replaced at once; from the second in a row that does not live as long as this, after as long. */
const SHORT_LIFE_MS = 1000;
/** Where none could be started, the next try is made after this: there may be no shell, or too many processes for now. */
const NO_LIFE_MS = 30_000;
const CLOSING_MS = 200;

export function startKeeper(options: KeeperOptions): Keeper {
  const groups = createSlots();
  let current: ChildProcess | null = null;
  let closed = false;
  let missing: string | null = null;
  let reports: KeeperReports | null = null;
  let shortLives = 0;

  const start = (): void => {
    const since = options.clock.monotonic();
    const child = launch(options);
    current = child;
    tell(child, groups.lines());
    child.once("error", ({ message }) => {
      if (missing === null) reports?.onMissing(message);
      missing ??= message;
    });
    child.once(child.pid === undefined ? "error" : "exit", () => {
      current = null;
      if (closed) return;
      shortLives = options.clock.monotonic() - since < SHORT_LIFE_MS ? shortLives + 1 : 0;
      const pause = shortLives > 1 ? SHORT_LIFE_MS : 0;
      options.clock.arm(child.pid === undefined ? NO_LIFE_MS : pause, replace, { ref: false });
    });
  };
  const replace = (): void => {
    if (closed) return;
    start();
    reports?.onReplaced();
  };

  start();
  return {
    id: () => (current?.pid === undefined ? null : readStat(current.pid)),
    add: (group) => tell(current, groups.add(group)),
    remove: (group) => tell(current, groups.remove(group)),
    keepLife: (life) => tell(current, groups.keepLife(life)),
    report: (to) => {
      reports = to;
      if (missing !== null) to.onMissing(missing);
    },
    close: () => {
      closed = true;
      if (groups.areEmpty()) tell(current, groups.keepLife(null));
      return current === null ? Promise.resolve() : end(current, options.clock);
    },
  };
}

function launch({ shell = ["/bin/sh"], env }: KeeperOptions): ChildProcess {
  const [program, ...args] = shell;
  // So that `ps` shows a name, and not a program of twenty lines.
  const child = spawn(program, [...args, "-c", 'eval "$SVC_KEEPER"', "svc-keeper"], {
    cwd: "/",
    env: { ...env, SVC_KEEPER: KEEPER_SCRIPT },
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  // Neither keeps svc alive. What fails here shows in the end of the child.
  child.unref();
  pipeOf(child)
    ?.on("error", () => {})
    .unref();
  return child;
}

function tell(child: ChildProcess | null, lines: string): void {
  if (child !== null && lines !== "") pipeOf(child)?.write(lines);
}

function end(child: ChildProcess, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const disarm = clock.arm(CLOSING_MS, resolve);
    child.ref();
    child.once("exit", () => {
      disarm();
      resolve();
    });
    pipeOf(child)?.end();
  });
}

function pipeOf(child: ChildProcess): Socket | undefined {
  // Where descriptors have run out, there is not even a list.
  return (child.stdio as ChildProcess["stdio"] | undefined)?.[3] as unknown as Socket | undefined;
}

/** Numbered places, so that the keeper's memory is bounded by how many groups live at once. The first is the life's. */
function createSlots() {
  const taken: (KeptGroup | null)[] = [];
  let life = "";
  const free: KeptGroup = { pid: 0, start: 0 };
  const line = (slot: number, group: KeptGroup | null): string => `${slot + 1} ${described(group ?? free)}\n`;
  return {
    add(group: KeptGroup): string {
      const first = taken.indexOf(null);
      const slot = first === -1 ? taken.length : first;
      taken[slot] = group;
      return line(slot, group);
    },
    remove({ pid, start }: ProcessId): string {
      const slot = taken.findIndex((group) => group?.pid === pid && group.start === start);
      if (slot === -1) return "";
      taken[slot] = null;
      return line(slot, null);
    },
    keepLife(kept: KeptLife | null): string {
      life = `0 0 0 ${kept?.mark ?? "-"} - - ${kept?.spared.join(" ") ?? ""}\n`;
      return life;
    },
    areEmpty: (): boolean => taken.every((group) => group === null),
    lines: (): string => life + taken.map((group, slot) => line(slot, group)).join(""),
  };
}

function described({ pid, start, mark = "-", tag, instance, cgroup = "" }: KeptGroup): string {
  return `${pid} ${start} ${mark} ${tag ?? "-"} ${instance || "-"} ${cgroup}`;
}
