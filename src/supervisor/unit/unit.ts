import { announce } from "../../core/announce.ts";
import { reduce } from "../../core/machine/reduce.ts";
import { type Ending, type Event, INITIAL, type State } from "../../core/machine/state.ts";
import type { ServiceSpec } from "../../core/spec.ts";
import type { ServiceLog } from "../../effects/log/hub.ts";
import type { World } from "../world.ts";
import { carryOut, type Life, newLife } from "./carry-out.ts";
import { say } from "./words.ts";

/** One instance of a service: its state, and what svc holds of it outside. */
export interface Unit {
  name: string;
  readonly service: string;
  readonly instance: number;
  /** Replaced by a reload that changes policy only. */
  spec: ServiceSpec;
  state: State;
  readonly log: ServiceLog;
  /** The last endings, the newest first. */
  readonly endings: Ending[];
  /** Set by a stop command, cleared by a start: such a one keeps the supervisor alive. */
  stoppedByCommand: boolean;
  /** Handles of the living process and of the timers. */
  readonly life: Life;
  feed(event: Event): void;
}

export type OnChange = (unit: Unit, before: State, event: Event) => void;

/** How many endings `svc status` shows. */
const ENDINGS_KEPT = 10;

export function createUnit(
  world: World,
  spec: ServiceSpec,
  identity: { readonly name: string; readonly instance: number },
  onChange: OnChange,
): Unit {
  const unit: Unit = {
    ...identity,
    service: spec.name,
    spec,
    state: INITIAL,
    log: world.logs.open({ name: identity.name, service: spec.name, instance: identity.instance, file: spec.log }),
    endings: [],
    stoppedByCommand: false,
    life: newLife(),
    feed: (event) => step(world, unit, event, onChange),
  };
  return unit;
}

/** Timers of the same unit that fire, and facts that arrive, are fed one after the other: an effect never feeds within a step. */
function step(world: World, unit: Unit, event: Event, onChange: OnChange): void {
  const before = unit.state;
  const { state, effects } = reduce(unit.spec, before, event);
  unit.state = state;
  if (state.lastExit !== null && state.lastExit !== before.lastExit) remember(unit, state.lastExit);
  const words = announce(unit.name, before, state, event);
  if (words !== null) say(world, unit, words);
  for (const effect of effects) carryOut(world, unit, effect);
  onChange(unit, before, event);
}

function remember(unit: Unit, ending: Ending): void {
  unit.endings.unshift(ending);
  unit.endings.length = Math.min(unit.endings.length, ENDINGS_KEPT);
}
