import { absurd } from "../../core/absurd.ts";
import { ABORTED, type Effect, type TimerName } from "../../core/machine/state.ts";
import { type Child, type Exit, SpawnError } from "../../effects/child.ts";
import type { Attached } from "../../effects/log/hub.ts";
import type { RunPlanner } from "../../effects/run-planner.ts";
import type { Tree } from "../../effects/tree/tree.ts";
import type { World } from "../world.ts";
import { askToStop } from "./ask-to-stop.ts";
import { watchHealth } from "./health.ts";
import type { Link } from "./link.ts";
import { endNotify, type Notify } from "./notify.ts";
import { watchReadiness } from "./readiness.ts";
import { plannerOf } from "./scheduled-runs.ts";
import { asSpawnError } from "./shortage.ts";
import { startProcess } from "./start-process.ts";
import type { Unit } from "./unit.ts";
import { say } from "./words.ts";

/** What svc holds of a living instance: the process, its tree, its pipes, its timers. */
export interface Life {
  readonly timers: Map<TimerName, () => void>;
  child: Child | null;
  link: Link | null;
  /** Waits for the next run of a command's schedule. */
  planner: RunPlanner | null;
  tree: Tree | null;
  /** The digest of its TypeScript, as it was read by the last start; null where only the config that is in force tells. */
  loaded: string | null;
  /** It had the same digest in its process as in the evaluation: a config may also decide by the environment, which is another. */
  sameInProcess: boolean;
  /** Where it says that it is ready, by sd_notify(3). */
  notify: Notify | null;
  /** The environment of the living process: what its checks and its stop command get. */
  env: Readonly<Record<string, string>>;
  attached: Attached | null;
  /** Abandons the start that is queued. */
  spawning: AbortController | null;
  /** Ends the readiness check. */
  readiness: AbortController | null;
  /** Ends the health checks. */
  health: AbortController | null;
  /** Settles when every kill of the tree is over. */
  killing: Promise<unknown>;
  /** Settles when the pipes of the last ended process are drained. */
  drained: Promise<unknown>;
  /** svc's own lines about this instance, one after the other. */
  words: Promise<unknown>;
}

export function newLife(): Life {
  const done = Promise.resolve();
  return {
    timers: new Map(),
    child: null,
    link: null,
    planner: null,
    tree: null,
    loaded: null,
    sameInProcess: false,
    notify: null,
    env: {},
    attached: null,
    spawning: null,
    readiness: null,
    health: null,
    killing: done,
    drained: done,
    words: done,
  };
}

export function carryOut(world: World, unit: Unit, effect: Effect): void {
  switch (effect.type) {
    case "spawn":
      void spawn(world, unit, effect.now ?? false);
      return;
    case "cancelSpawn":
      unit.life.spawning?.abort();
      return;
    case "askToStop":
      void askToStop(world, unit);
      return;
    case "kill":
      kill(world, unit);
      return;
    case "clean":
      void clean(world, unit, effect.patient);
      return;
    case "killRest":
      kill(world, unit);
      return;
    case "watchReadiness":
      unit.life.readiness = watchReadiness(world, unit);
      return;
    case "endReadiness":
      unit.life.readiness?.abort();
      unit.life.readiness = null;
      return;
    case "watchHealth":
      unit.life.health = watchHealth(world, unit);
      return;
    case "endHealth":
      unit.life.health?.abort();
      unit.life.health = null;
      return;
    case "planRun":
      if (effect.first) plannerOf(world, unit)?.planFirst();
      else plannerOf(world, unit)?.planNext();
      return;
    case "cancelRun":
      unit.life.planner?.cancel();
      return;
    case "arm":
      arm(world, unit, effect.timer, effect.ms);
      return;
    case "disarm":
      disarm(unit, effect.timer);
      return;
    default:
      absurd(effect);
  }
}

async function spawn(world: World, unit: Unit, now: boolean): Promise<void> {
  const abort = new AbortController();
  unit.life.spawning = abort;
  try {
    const child = await startProcess(world, unit, { signal: abort.signal, now });
    unit.feed({ type: "spawned", at: world.clock.now(), pid: child.pid });
    void child.exited.then((exit) => ended(world, unit, exit));
  } catch (error) {
    const failure = abort.signal.aborted ? new SpawnError(ABORTED, "") : asSpawnError(error);
    endNotify(unit);
    const { code, about } = failure;
    const subject = unit.log.mask(failure.subject);
    unit.feed({ type: "spawnFailed", at: world.clock.now(), roll: world.random(), code, subject, about });
  }
}

/** The death is a fact at once, whoever still holds the pipes; what they still hold is drained beside it. */
function ended(world: World, unit: Unit, exit: Exit): void {
  const { life } = unit;
  life.drained = life.attached?.finish() ?? life.drained;
  life.child = null;
  life.link = null;
  life.attached = null;
  endNotify(unit);
  unit.feed({ type: "exited", at: world.clock.now(), roll: world.random(), code: exit.code, signal: exit.signal });
}

function kill(world: World, unit: Unit): void {
  const { tree } = unit.life;
  if (tree === null) return void unit.life.link?.giveUp();
  const kill = unit.spec.stop.tree ? world.trees.kill(tree) : world.trees.killGroup(tree);
  // An earlier kill may still be looking for what carries the marker, which the next process will carry too.
  unit.life.killing = Promise.all([unit.life.killing, kill]);
}

/** Longer than any timeout: patience ends with the group, or with `killRest`. */
const PATIENCE_MS = 2 ** 31 - 1;

async function clean(world: World, unit: Unit, patient: boolean): Promise<void> {
  const { life } = unit;
  const { tree } = life;
  // A stop signal for the main process alone asked nobody else.
  if (tree !== null && patient && unit.spec.stop.target === "group") await world.trees.groupEnded(tree, PATIENCE_MS);
  await killsOver(life);
  if (tree !== null) {
    const left = unit.spec.stop.tree ? await world.trees.clean(tree) : await world.trees.killGroup(tree);
    if (left.length > 0) say(world, unit, `cannot end what ${unit.name} left behind: pid ${left.map((one) => one.pid).join(", ")}`);
    // A kill may have been asked for meanwhile.
    await killsOver(life);
    life.tree = null;
  }
  unit.feed({ type: "cleaned", at: world.clock.now() });
}

async function killsOver(life: Life): Promise<void> {
  for (let killing: Life["killing"] | null = null; killing !== life.killing; ) {
    killing = life.killing;
    await killing;
  }
}

function arm(world: World, unit: Unit, timer: TimerName, ms: number): void {
  disarm(unit, timer);
  const fire = (): void => {
    unit.life.timers.delete(timer);
    unit.feed({ type: "elapsed", at: world.clock.now(), timer });
  };
  unit.life.timers.set(timer, world.clock.arm(ms, fire));
}

function disarm(unit: Unit, timer: TimerName): void {
  unit.life.timers.get(timer)?.();
  unit.life.timers.delete(timer);
}
