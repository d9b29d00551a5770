import { isMaskable, MIN_SECRET_LENGTH } from "../../core/log/mask.ts";
import type { World } from "../world.ts";
import { loginOf } from "./privileges.ts";
import type { Unit } from "./unit.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Hides what the variables named by `secret` hold in this environment, before a process that has it can write. */
export function hideSecrets(world: World, unit: Unit, env: Environment): void {
  const { name, state } = unit;
  const set = secretsIn(unit, env);
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

/** A command may quote a secret before the first process has it: of those that were never started, what their start would get is hidden. */
export async function hideAhead(world: World, units: readonly Unit[]): Promise<void> {
  const never = units.filter(({ spec, life }) => spec.secret.length > 0 && Object.keys(life.env).length === 0);
  await Promise.all(
    never.map(async (unit) => {
      const { spec, instance, state } = unit;
      const start = { instance, restarts: state.restarts, extra: {}, login: await loginOf(spec) };
      // Without a file that is named, what the config itself says is known.
      const env = await world.environment(spec, start).catch(() => ownOf(unit));
      if (Object.keys(unit.life.env).length === 0) unit.log.hide(secretsIn(unit, env).map(({ value }) => value));
    }),
  );
}

/** The same by what is known without reading a file. */
export function hideKnown(unit: Unit, base: Environment): void {
  const env = { ...base, ...ownOf(unit) };
  if (unit.spec.secret.length > 0) unit.log.hide(secretsIn(unit, env).map(({ value }) => value));
}

function ownOf({ spec }: Unit): Environment {
  return Object.fromEntries(spec.env.map(([name, value]) => [name, value ?? ""]));
}

function secretsIn({ spec }: Unit, env: Environment): { readonly variable: string; readonly value: string }[] {
  return spec.secret.flatMap((variable) => (env[variable] ? [{ variable, value: env[variable] }] : []));
}
