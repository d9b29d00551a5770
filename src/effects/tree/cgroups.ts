import { cgroupName } from "../../core/cgroup.ts";
import type { Clock } from "../clock.ts";
import { type Cgroup, createCgroup } from "./cgroup.ts";
import { makeCgroup, ownCgroup } from "./cgroup-place.ts";

/** The cgroups of one life of svc. */
export interface Cgroups {
  /** For one start of an instance; null where none is to be had, and never an error: then its tree is found in other ways. */
  open(instance: string): Promise<Cgroup | null>;
  /** The folder in which they lie; null before the first. */
  around(): string | null;
}

export interface CgroupsOptions {
  readonly clock: Clock;
  /** The name of the life's marker. */
  readonly marker: string;
}

/** Another try may succeed: there are too many cgroups now, or descriptors. */
const PASSING = new Set(["EAGAIN", "ENOMEM", "ENOSPC", "EMFILE", "ENFILE", "EBUSY"]);

export function openCgroups({ clock, marker }: CgroupsOptions): Cgroups {
  const own = ownCgroup();
  let around = typeof own === "string" ? own : null;
  return {
    async open(instance) {
      if (around === null) return null;
      const folder = `${around}/${cgroupName(marker, instance)}`;
      const failure = makeCgroup(folder);
      if (failure === null) return createCgroup({ folder, around, marker, clock });
      if (!PASSING.has(failure.code)) around = null;
      return null;
    },
    around: () => around,
  };
}
