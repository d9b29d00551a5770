import { type Clock, pause } from "./clock.ts";
import { bootId, isAlive, pidNamespace, readStat } from "./proc.ts";
import { createMarkReader } from "./proc-marks.ts";
import { readTable } from "./proc-table.ts";
import type { LifeRecord } from "./state-file.ts";
import type { Member, Tree, Trees } from "./tree.ts";
import { NOBODY } from "./tree-members.ts";
import { signalExactly } from "./tree-signal.ts";

export interface LeftoversOptions {
  readonly clock: Clock;
  readonly trees: Trees;
  /** Of an instance whose stop spares what has left its group (`stop.tree: false`), only the group is ended. */
  readonly groupOnly: (instance: string) => boolean;
}

export interface Leftovers {
  /** How many were found alive. */
  readonly found: number;
  /** Who could not be ended: of another user, or in the kernel's hands. */
  readonly left: readonly number[];
}

/** Between two looks at a supervisor that is dying: the kernel closes its files, the lock among them, before it is gone. */
const DYING_MS = 20;

/** `elsewhere`: its pids say nothing here, as they are of another boot or another pid namespace. */
export type LifeStanding = "alive" | "dead" | "elsewhere";

/** Looks until the supervisor is dead, for `patienceMs` at most. */
export async function standingOfLife(life: LifeRecord, clock: Clock, patienceMs: number): Promise<LifeStanding> {
  if (life.boot !== bootId() || life.pidNamespace !== pidNamespace()) return "elsewhere";
  for (const until = clock.monotonic() + patienceMs; isAlive(life.supervisor); await pause(clock, DYING_MS)) {
    if (clock.monotonic() >= until) return "alive";
  }
  return "dead";
}

/**
 * Ends what a dead supervisor's services have left. A process counts as theirs by its start time beside its pid, or by the
 * marker; a group or a session only where its leader still does: its id may have been given out again since.
 */
export async function endLeftovers(life: LifeRecord, options: LeftoversOptions): Promise<Leftovers> {
  if (life.keeper !== null) signalExactly(life.keeper, "SIGKILL");
  const lost = await lostTrees(life, options);
  const found = await Promise.all(lost.map((one) => one.look()));
  const left = await Promise.all(lost.map((one) => one.end()));
  return { found: countOf(found), left: [...new Set(left.flat().map(({ pid }) => pid))] };
}

interface Lost {
  look(): Promise<Member[]>;
  end(): Promise<Member[]>;
}

async function lostTrees(life: LifeRecord, { trees, groupOnly }: LeftoversOptions): Promise<Lost[]> {
  const known = life.children.map((child) => ({
    name: child.name,
    main: readStat(child.pid)?.start === child.start ? { pid: child.pid, start: child.start } : NOBODY,
  }));
  const named = new Set(known.map(({ name }) => name));
  const others = (await markedNames(life.marker)).filter((name) => !named.has(name)).map((name) => ({ name, main: NOBODY }));
  return [...known, ...others].map(({ name, main }) => {
    const tree: Tree = { main, marker: `${life.marker}=${name}`, remembered: new Map() };
    return groupOnly(name)
      ? { look: () => trees.groupEnded(tree, 0), end: () => trees.killGroup(tree) }
      : { look: () => trees.members(tree), end: () => trees.kill(tree) };
  });
}

/** The record is a moment old: what was started after it was written carries the marker. */
async function markedNames(marker: string): Promise<string[]> {
  const { byMark } = await readTable(createMarkReader());
  const prefix = `${marker}=`;
  return [...byMark.keys()].filter((mark) => mark.startsWith(prefix)).map((mark) => mark.slice(prefix.length));
}

function countOf(found: readonly (readonly Member[])[]): number {
  return new Set(found.flat().map(({ pid }) => pid)).size;
}
