import { onlyMarkers } from "../../core/marker.ts";
import { createClock } from "../../effects/clock.ts";
import { startKeeper } from "../../effects/keeper.ts";
import { openNativeProcesses } from "../../effects/native-processes.ts";
import { becomeSupervisor, type Ownership } from "../../effects/ownership.ts";
import type { Surroundings } from "../../effects/places.ts";
import type { Held } from "../../effects/running-supervisor.ts";
import { version } from "../../effects/version.ts";
import { onChildSignal } from "../signals.ts";
import type { Begun, StartWish } from "./begin.ts";
import { checkNames, type Prepared, supervise } from "./supervise.ts";

/** Becomes the supervisor of the config and resolves with the exit code; or names the process that is it already. */
export async function becomeIt(begun: Begun, wish: StartWish, around: Surroundings): Promise<number | Held> {
  const clock = createClock();
  const { config, isNodes, cancel } = begun;
  const native = openNativeProcesses({ clock, onChildSignal, isNodes });
  const socket = wish.global.socket ?? (wish.env.SVC_SOCKET || null);
  const lockFile = "missing" in native ? undefined : native.lockFile;
  try {
    const ownership = await becomeSupervisor({ config, version: version(), socket }, around, lockFile);
    if ("heldBy" in ownership) return ownership;
    return await superviseAs(ownership, begun, wish, { clock, native });
  } finally {
    await cancel();
  }
}

async function superviseAs(ownership: Ownership, begun: Begun, wish: StartWish, prepared: Prepared): Promise<number> {
  const keeper = startKeeper({ clock: prepared.clock, env: onlyMarkers(wish.env) });
  const { signals, load, resumeOptimizer: onStarted } = begun;
  begun.keepBy(keeper);
  try {
    const spec = await begun.loading;
    checkNames(spec, wish);
    return await supervise({ ...prepared, wish, spec, ownership, signals, keeper, load, onStarted });
  } catch (error) {
    const stopped = signals.exitCode();
    if (stopped === null) throw error;
    return stopped;
  } finally {
    await keeper.close();
    ownership.lock?.release();
  }
}
