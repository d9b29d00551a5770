import type { Keeper } from "../effects/leftovers/keeper.ts";
import { endLeftovers, standingOfLife } from "../effects/leftovers/leftovers.ts";
import { type LifeRecord, type NamedProcess, readLife, removeLife } from "../effects/leftovers/state-file.ts";
import { createStateWriter } from "../effects/leftovers/state-writer.ts";
import { bootId, pidNamespace, readStat } from "../effects/proc/proc.ts";
import { sparingServices } from "./sparing.ts";
import { keepCommand, watched } from "./witness.ts";
import type { World } from "./world.ts";

/** What svc prepares for a death of its own that it cannot answer: SIGKILL. */
export interface OwnDeath {
  /** The same world; what is started in it is known to the keeper and to the state file. */
  readonly world: World;
  /** A normal end: nothing stays behind. */
  end(): Promise<void>;
}

export interface OwnDeathOptions {
  /** The state folder, and where this life may be recorded if that has no room; without any, nothing is recognised by the next start. */
  readonly folders: readonly string[];
  /** Where an earlier life may be recorded. */
  readonly earlier: readonly string[];
  readonly uid: number;
  /** Holding the config's lock, svc knows that an earlier owner that still shows is dying. */
  readonly locked: boolean;
  readonly groupOnly: (instance: string) => boolean;
  /** Ended with this life. */
  readonly keeper: Keeper;
}

/** Ends what an earlier life of this supervisor left behind, and then takes care of this one. To be called before any start. */
export async function prepareForDeath(world: World, options: OwnDeathOptions): Promise<OwnDeath> {
  const { clock, logs } = world;
  const { keeper } = options;
  const folders = await succeed(world, options);
  const children = new Map<Key, NamedProcess>();
  keeper.report({
    onReplaced: () => state.changed(),
    onMissing: (reason) => logs.say(`cannot start svc's keeper: ${reason}; after a kill -9 of svc, services end only with its next start`),
  });
  const state = createStateWriter({
    folders,
    clock,
    describe: () => describeLife(world, keeper, [...children.values()]),
    onFailure: (reason) => logs.say(`${reason}; after a kill -9 of svc, its next start may not find all that is left`),
  });
  state.write();
  const witnessed = watched(world, {
    started: (child, cgroup) => {
      keeper.add({ ...child, instance: child.name, cgroup });
      children.set(keyOf(child), child);
      state.changed();
    },
    ended: ({ main }) => {
      if (!children.delete(keyOf(main))) return;
      keeper.remove(main);
      state.changed();
    },
    command: (leader, instance) => keepCommand(keeper, leader, instance),
  });
  return {
    world: { ...witnessed, heed: (spec) => keeper.keepLife({ mark: world.marker, spared: sparingServices(spec) }) },
    end: async () => {
      await keeper.close();
      // What could not be ended now is for the next start.
      if (children.size === 0) state.remove();
      else state.write();
    },
  };
}

type Key = `${number}:${number}`;

function keyOf({ pid, start }: { readonly pid: number; readonly start: number }): Key {
  return `${pid}:${start}`;
}

const DYING_PATIENCE_MS = 5000;

/** Resolves with the folders in which this life may be recorded: none where another supervisor keeps its own. */
async function succeed(world: World, { folders, earlier, uid, locked, groupOnly }: OwnDeathOptions): Promise<string[]> {
  const { clock, logs } = world;
  let isTaken = false;
  for (const folder of earlier) {
    const life = readLife(folder, uid);
    if (life === null) continue;
    const standing = await standingOfLife(life, clock, locked ? DYING_PATIENCE_MS : 0);
    isTaken ||= standing === "alive";
    if (standing !== "dead") continue;
    const { found, left } = await endLeftovers(life, { clock, groupOnly });
    const before = `an earlier svc (pid ${life.supervisor.pid}) left behind`;
    if (found > left.length) logs.say(`ended ${count(found - left.length)} that ${before}`);
    if (left.length > 0) logs.say(`cannot end what ${before}: pid ${left.join(", ")}`);
    removeLife(folder);
  }
  return isTaken ? [] : [...folders];
}

function count(processes: number): string {
  return processes === 1 ? "1 process" : `${processes} processes`;
}

/** Null where processes cannot be told apart (no /proc). */
function describeLife({ marker, cgroups }: World, keeper: Keeper, children: readonly NamedProcess[]): LifeRecord | null {
  const [boot, namespace, self, watcher] = [bootId(), pidNamespace(), readStat(process.pid), keeper.id()];
  if (boot === null || namespace === null || self === null) return null;
  return {
    boot,
    pidNamespace: namespace,
    supervisor: { pid: self.pid, start: self.start },
    keeper: watcher && { pid: watcher.pid, start: watcher.start },
    marker,
    cgroups: cgroups?.around() ?? null,
    children,
  };
}
