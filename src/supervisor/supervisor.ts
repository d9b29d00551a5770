import type { StopSignal } from "../core/fleet.ts";
import type { Said } from "../core/methods.ts";
import type { ReloadPlan } from "../core/plan.ts";
import type { FleetSpec } from "../core/spec.ts";
import type { MethodHandlers } from "../effects/control/methods.ts";
import { startFleet, type Waiting } from "./commands/commands.ts";
import { planOf } from "./commands/plan.ts";
import { readConfigAgain } from "./commands/read-again.ts";
import { reload } from "./commands/reload.ts";
import { followRestarts } from "./commands/restart-dependents.ts";
import { feedFleet, followShutdown } from "./commands/shutdown.ts";
import { staleServices } from "./commands/stale.ts";
import { createFleet, type FleetContext } from "./fleet/fleet.ts";
import { followSockets } from "./fleet/follow-sockets.ts";
import { watchTrees } from "./fleet/tree-watch.ts";
import { createMethods } from "./methods.ts";
import type { Unit } from "./unit/unit.ts";
import { watchFiles } from "./watching.ts";
import type { World } from "./world.ts";

export interface SupervisorOptions {
  readonly spec: FleetSpec;
  /** The service at whose first ending everything stops, or null. */
  readonly exitCodeFrom: string | null;
  /** Reads the config again, for a reload. What the config prints comes line by line. */
  readonly load: (onPrinted: (line: string) => void) => Promise<FleetSpec>;
  /** false: it stays when all of its services have ended, as in an app. Default true. */
  readonly endsByItself?: boolean;
  /** false: nothing is watched for changes (`--no-watch`). Default true. */
  readonly watch?: boolean;
  /** Called when the config has changed; without it, it is not watched. */
  readonly onConfigChanged?: () => void;
  /** Nothing is left to do but to let the last lines reach their reader, for `withinMs` at most. */
  readonly onEnd: (code: number, withinMs: number) => void;
}

/** One supervisor: its services, and the ways to act on them. */
export interface Supervisor {
  readonly fleet: FleetContext;
  readonly methods: MethodHandlers;
  /** Without names all services that start by themselves. `now`: what waits for its schedule runs at once. Returns what it starts. */
  start(names: readonly string[], now: boolean): readonly Unit[];
  stop(signal: StopSignal): void;
  /** Stops everything because svc itself is at fault: exit code 1. `now`: with SIGKILL. */
  stopForFault(now: boolean): void;
  /** Rejects with a `SvcError` where the new config is bad or a service does not get up; a bad config changes nothing. */
  reload(): Promise<ReloadPlan>;
  /** Resolves when svc's own words about its services are on their way to the output. */
  spoken(): Promise<unknown>;
}

export function createSupervisor(world: World, options: SupervisorOptions): Supervisor {
  const fleet: FleetContext = createFleet(world, options.spec, {
    exitCodeFrom: options.exitCodeFrom,
    endsByItself: options.endsByItself ?? true,
    exit: (code, withinMs) => {
      watching?.close();
      options.onEnd(code, withinMs);
    },
  });
  fleet.observers.add((change) => followSockets(fleet, change));
  const watching = options.watch === false ? null : watchFiles(fleet, options.onConfigChanged ?? null);
  fleet.observers.add((change) => followRestarts(fleet, change));
  fleet.observers.add((change) => followShutdown(fleet, change));
  watchTrees(fleet);
  const readAgain = async (planOnly: boolean, waiting: Waiting, tell?: (said: Said) => void): Promise<ReloadPlan> => {
    const next = await readConfigAgain(fleet, options.load, tell);
    const stale = await staleServices(fleet, next);
    if (planOnly) return planOf(fleet, next, stale);
    const reloaded = reload(fleet, { next, stale }, waiting);
    watching?.refresh();
    return reloaded;
  };
  return {
    fleet,
    methods: createMethods(fleet, { reload: readAgain }),
    start: (names, now) => {
      watching?.refresh();
      return startFleet(fleet, names, now);
    },
    stop: (signal) => feedFleet(fleet, { type: "signalled", at: world.clock.now(), signal }),
    stopForFault: (now) => {
      const at = world.clock.now();
      feedFleet(fleet, { type: "essentialEnded", at, exitCode: 1, why: null });
      if (now) feedFleet(fleet, { type: "stopCommanded", at, now, timeoutMs: null });
    },
    reload: () => readAgain(false, {}),
    spoken: () => Promise.all(fleet.units.map((unit) => unit.life.words)),
  };
}
