import type { World } from "../world.ts";
import type { Unit } from "./unit.ts";

/** The last lines of a process come before the sentence on its end, so the words wait for its pipes to be drained. */
export function say(world: World, unit: Unit, words: string): void {
  const drained = unit.life.drained;
  unit.life.words = unit.life.words.then(() => drained).then(() => world.logs.say(words, unit.log));
}
