import { type Clock, pause } from "../clock.ts";
import { bootId, isAlive, type ProcessId, pidNamespace, readStat } from "../proc/proc.ts";
import { NOBODY } from "../tree/members.ts";
import { KILL_BUDGET_MS, signalExactly } from "../tree/signal.ts";
import { createTrees, type Member, type Tree, type Trees } from "../tree/tree.ts";
import type { LifeRecord } from "./state-file.ts";

export interface LeftoversOptions {
  readonly clock: Clock;
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
export async function endLeftovers(life: LifeRecord, { clock, groupOnly }: LeftoversOptions): Promise<Leftovers> {
  if (life.keeper !== null) signalExactly(life.keeper, "SIGKILL");
  const trees = createTrees({ clock, markOf: (mark) => (isWhole(mark, life, groupOnly) ? life.marker : mark) });
  const lost = [...lostTrees(life, trees, groupOnly), ...(await lostInCgroups(life, clock, groupOnly))];
  const found = await Promise.all(lost.map((one) => one.look()));
  const left = await Promise.all(lost.map((one) => one.end()));
  return { found: pidsIn(found).size, left: [...pidsIn(left)] };
}

/**
 * By the marker's name alone whatever carries it is found, and nobody need know which services there were: the record is a
 * moment old, and a process that changes its pid all the time is in no list.
 */
function isWhole(mark: string, { marker }: LifeRecord, groupOnly: (instance: string) => boolean): boolean {
  return mark.startsWith(`${marker}=`) && !groupOnly(mark.slice(marker.length + 1));
}

interface Lost {
  look(): Promise<Member[]>;
  end(): Promise<Member[]>;
}

function lostTrees(life: LifeRecord, trees: Trees, groupOnly: (instance: string) => boolean): Lost[] {
  const treeWith = (main: ProcessId): Tree => ({ main, marker: life.marker, remembered: new Map() });
  const whole = (main: ProcessId): Lost => {
    const tree = treeWith(main);
    return { look: () => trees.members(tree), end: () => trees.kill(tree) };
  };
  const group = (main: ProcessId): Lost => {
    const tree = treeWith(main);
    return { look: () => trees.groupEnded(tree, 0), end: () => trees.killGroup(tree) };
  };
  const leaders = life.children.filter(({ pid, start }) => readStat(pid)?.start === start);
  return [whole(NOBODY), ...leaders.map(({ name, pid, start }) => (groupOnly(name) ? group : whole)({ pid, start }))];
}

/** A cgroup that is empty, too, is to go; no process has been given its name since. */
async function lostInCgroups(life: LifeRecord, clock: Clock, groupOnly: (instance: string) => boolean): Promise<Lost[]> {
  const { lostCgroups } = await import("./cgroup-leftovers.ts");
  return lostCgroups(life, clock).map(({ instance, cgroup }): Lost => {
    cgroup.spare();
    if (!groupOnly(instance)) return { look: async () => cgroup.members(), end: () => cgroup.end(KILL_BUDGET_MS) };
    cgroup.dissolve();
    return { look: async () => [], end: async () => [] };
  });
}

function pidsIn(members: readonly (readonly Member[])[]): Set<number> {
  return new Set(members.flat().map(({ pid }) => pid));
}
