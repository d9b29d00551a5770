import { readdirSync } from "node:fs";
import { instanceOf } from "../../core/cgroup.ts";
import type { Clock } from "../clock.ts";
import { type Cgroup, createCgroup } from "../tree/cgroup.ts";
import { ownCgroup } from "../tree/cgroup-place.ts";
import type { LifeRecord } from "./state-file.ts";

export interface LostCgroup {
  readonly instance: string;
  readonly cgroup: Cgroup;
}

/**
 * The cgroups of a dead supervisor's services, by their names. They lie where its record says; one that was killed before it
 * had written that down has most probably had the same cgroup as this process.
 */
export function lostCgroups({ cgroups, marker }: Pick<LifeRecord, "cgroups" | "marker">, clock: Clock): LostCgroup[] {
  const own = ownCgroup();
  const places = new Set([cgroups ?? null, typeof own === "string" ? own : null]);
  return [...places].flatMap((around) => {
    if (around === null) return [];
    return foldersIn(around).flatMap((name) => {
      const instance = instanceOf(name, marker);
      return instance === null ? [] : [{ instance, cgroup: createCgroup({ folder: `${around}/${name}`, around, marker, clock }) }];
    });
  });
}

function foldersIn(around: string): string[] {
  try {
    return readdirSync(around, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}
