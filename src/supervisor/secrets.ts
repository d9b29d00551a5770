import { isMaskable, MIN_SECRET_LENGTH } from "../core/log/mask.ts";
import type { Unit } from "./unit.ts";
import type { World } from "./world.ts";

/** Hides what the variables named by `secret` hold in this environment, before a process that has it can write. */
export function hideSecrets(world: World, unit: Unit, env: Readonly<Record<string, string | undefined>>): void {
  const { spec, name, state } = unit;
  const set = spec.secret.flatMap((variable) => (env[variable] ? [{ variable, value: env[variable] }] : []));
  unit.log.hide(set.map(({ value }) => value));
  // Not again in a crash loop.
  if (state.restarts > 0) return;
  for (const { variable, value } of set) {
    if (isMaskable(value)) continue;
    world.logs.say(
      `${name}: the value of ${variable} is not masked: it has fewer than ${MIN_SECRET_LENGTH} characters in a line`,
      unit.log,
    );
  }
}
