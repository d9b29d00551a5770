import type { Command } from "../../core/spec.ts";
import type { Tree } from "../../effects/tree/tree.ts";
import type { World } from "../world.ts";
import { asService } from "./privileges.ts";
import { asSpawnError } from "./shortage.ts";
import type { Unit } from "./unit.ts";
import { say } from "./words.ts";

/** The polite stop: the stop command, or where there is none or it fails, the stop signal. */
export async function askToStop(world: World, unit: Unit): Promise<void> {
  const { tree } = unit.life;
  const { stop, user } = unit.spec;
  if (tree === null) return void unit.life.link?.askToStop();
  // What another user's process carries in its environment may be hidden from svc: its descendants are noted while they are known.
  if (user !== null) await world.trees.snapshot(tree).catch(() => {});
  if (isOver(unit, tree)) return;
  if (stop.command !== null) {
    const failure = await runStopCommand(world, unit, tree, stop.command);
    if (failure === null || isOver(unit, tree)) return;
    say(world, unit, `the stop command of ${unit.name} ${failure}; sending ${stop.signal}`);
  }
  if (unit.life.link?.askToStop()) return;
  world.trees.signal(tree, stop.signal, stop.target);
}

function isOver({ life }: Unit, tree: Tree): boolean {
  return life.tree !== tree || life.child === null;
}

async function runStopCommand(world: World, unit: Unit, { main }: Tree, stopCommand: Command): Promise<string | null> {
  const { spec, life } = unit;
  const onLine = (line: string): void => world.logs.say(`${unit.name} stop: ${line}`, unit.log);
  try {
    const { command, env } = await asService(spec, stopCommand, life.env);
    const { timeoutMs, tree: endsTree } = spec.stop;
    return await world.runStopCommand(command, { cwd: spec.cwd, env, pid: main.pid, timeoutMs, endsTree, onLine });
  } catch (error) {
    return asSpawnError(error).message;
  }
}
