import { onlyMarkers } from "../../core/marker.ts";
import type { FleetSpec } from "../../core/spec.ts";
import { type Keeper, startKeeper } from "../../effects/leftovers/keeper.ts";
import { sparingServices } from "../sparing.ts";
import { keepCommand, watched } from "../witness.ts";
import type { World } from "../world.ts";

/** What ends the processes of an app's services when the app is killed. */
export interface AppKeeper {
  /** The same world; what is started in it ends with the app. */
  readonly world: World;
  close(): Promise<void>;
}

/** An app whose services are all tasks inside it has nothing to keep: the keeper comes with the first process. */
export function keepForApp(world: World, env: Readonly<Record<string, string | undefined>>): AppKeeper {
  let keeper: Keeper | null = null;
  let inForce: FleetSpec | null = null;
  const keepLife = (one: Keeper, spec: FleetSpec): void => one.keepLife({ mark: world.marker, spared: sparingServices(spec) });
  const start = (): Keeper => {
    const started = startKeeper({ clock: world.clock, env: onlyMarkers(env) });
    started.report({
      onReplaced: () => {},
      onMissing: (reason) =>
        world.logs.say(`cannot start svc's keeper: ${reason}; after a kill -9 of this app, its services' processes stay`),
    });
    if (inForce !== null) keepLife(started, inForce);
    return started;
  };
  const witnessed = watched(world, {
    started: (child) => keeper?.add({ ...child, instance: child.name }),
    ended: ({ main }) => keeper?.remove(main),
    command: (leader, instance) => (keeper === null ? () => {} : keepCommand(keeper, leader, instance)),
  });
  return {
    world: {
      ...witnessed,
      heed: (spec) => {
        inForce = spec;
        if (keeper !== null) keepLife(keeper, spec);
      },
      spawn: (request) => {
        keeper ??= start();
        return witnessed.spawn(request);
      },
    },
    close: async () => {
      const ending = keeper;
      keeper = null;
      await ending?.close();
    },
  };
}
