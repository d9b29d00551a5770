// What a life of svc may leave that is no process to be found by its environment.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const LAST_GENERATION = 200;

/** What changes its pid all the time may escape a look at /proc, but leaves its dots. */
export async function goesOn({ folder }) {
  const dots = () => statSync(join(folder, "generations"), { throwIfNoEntry: false })?.size ?? 0;
  const before = dots();
  await pause(LAST_GENERATION);
  return dots() > before;
}

/** The name of this life in those of its cgroups; to be called while it lives. */
export function lifeOf({ folder }) {
  const below = join(folder, "home", ".local", "state", "svc");
  const [name = ""] = readdirSync(below);
  return JSON.parse(readFileSync(join(below, name, "state.json"), "utf8")).marker.replace("SVC_TREE_", "");
}

/** The cgroups of version 2 that these lives have left, where the machine has any. */
export function cgroupsOf(lives) {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const places = mounts.filter((line) => line.includes(" - cgroup2 ")).map((line) => line.split(" ")[4]);
  return places.flatMap((place) => readdirSync(place).filter((name) => lives.some((life) => name.startsWith(`svc-${life}-`))));
}
