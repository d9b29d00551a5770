import type { Keeper } from "../effects/leftovers/keeper.ts";
import type { NamedProcess } from "../effects/leftovers/state-file.ts";
import { readStat } from "../effects/proc/proc.ts";
import type { Member, Tree } from "../effects/tree/tree.ts";
import type { Attempt, World } from "./world.ts";

/** Who is told of the processes of services. */
export interface Witness {
  started(child: NamedProcess, cgroup: string | undefined): void;
  /** Nobody of the tree lives. */
  ended(tree: Tree): void;
  /** A check or a stop command, which leads a group of its own; what this returns is called when nobody is left in that. */
  command(leader: number, instance: string): () => void;
}

/** The witness is told within the same turn of the event loop in which the process comes into being. */
export function watched(world: World, witness: Witness): World {
  const { trees, marker } = world;
  const telling =
    <Args extends [Tree, ...unknown[]]>(end: (...args: Args) => Promise<Member[]>) =>
    async (...args: Args): Promise<Member[]> => {
      const left = await end(...args);
      if (left.length === 0) witness.ended(args[0]);
      return left;
    };
  const instanceIn = (env: Readonly<Record<string, string>>): string => env[marker] ?? "";
  const tellingOf =
    ({ env }: Pick<Attempt, "env">) =>
    (leader: number): (() => void) =>
      witness.command(leader, instanceIn(env));
  return {
    ...world,
    spawn: async (request) => {
      const child = await world.spawn(request);
      witness.started({ name: instanceIn(request.env), pid: child.pid, start: child.start }, request.cgroup);
      return child;
    },
    probe: (probe, attempt) => world.probe(probe, { ...attempt, onStarted: tellingOf(attempt) }),
    runStopCommand: (command, run) => world.runStopCommand(command, { ...run, onStarted: tellingOf(run) }),
    trees: { ...trees, kill: telling(trees.kill), killGroup: telling(trees.killGroup), clean: telling(trees.clean) },
  };
}

/** What `command` of a witness is where a keeper is to know. */
export function keepCommand(keeper: Pick<Keeper, "add" | "remove">, leader: number, instance: string): () => void {
  const group = { pid: leader, start: readStat(leader)?.start ?? 0, instance };
  keeper.add(group);
  return () => keeper.remove(group);
}
