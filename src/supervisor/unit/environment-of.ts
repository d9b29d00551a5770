import type { EnvOfService } from "../../core/env-variables.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { pidOf } from "../../core/machine/shown.ts";
import { SpawnError } from "../../effects/child.ts";
import type { World } from "../world.ts";
import { loginOf } from "./privileges.ts";
import type { Unit } from "./unit.ts";

/** The names of what a living process was started with; of one that does not live, what its next start would get. */
export async function environmentOf(world: World, unit: Unit): Promise<EnvOfService> {
  const { spec, state, instance, life, name } = unit;
  const pid = pidOf(state.phase);
  const login = await loginOf(spec);
  try {
    const env = pid === null ? await world.environment(spec, { instance, restarts: state.restarts, extra: {}, login }) : life.env;
    const names = Object.keys(env).sort();
    const from = await world.environmentSources(spec, names, new Set(Object.keys(login)));
    return { name, pid, variables: names.map((variable, index) => ({ name: variable, from: from[index]! })) };
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    throw new SvcError(`cannot tell the environment of ${name}: ${error.message}`, EXIT.failed);
  }
}
