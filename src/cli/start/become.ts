import { onlyMarkers } from "../../core/marker.ts";
import type { FleetSpec } from "../../core/spec.ts";
import { createClock } from "../../effects/clock.ts";
import { startKeeper } from "../../effects/leftovers/keeper.ts";
import { becomeSupervisor, type Ownership } from "../../effects/ownership/ownership.ts";
import type { Surroundings } from "../../effects/ownership/places.ts";
import type { Held } from "../../effects/ownership/running-supervisor.ts";
import { listPids } from "../../effects/proc/proc.ts";
import { openNativeProcesses } from "../../effects/spawn/native-processes.ts";
import { createTrees } from "../../effects/tree/tree.ts";
import { version } from "../../effects/version.ts";
import { onChildSignal } from "../signals.ts";
import type { Begun, StartWish } from "./begin.ts";
import { endStraysOf } from "./end-strays.ts";
import { checkNames, type Prepared, supervise } from "./supervise.ts";

/** Becomes the supervisor of the config and resolves with the exit code; or names the process that is it already. */
export async function becomeIt(begun: Begun, wish: StartWish, around: Surroundings): Promise<number | Held> {
  const clock = createClock();
  const { config, isNodes, cancel, careBy } = begun;
  const native = openNativeProcesses({ clock, onChildSignal, isNodes });
  const keeper = startKeeper({ clock, env: onlyMarkers(wish.env) });
  const orphans = "missing" in native ? null : native.orphans;
  careBy({ keeper, trees: createTrees({ clock, orphans }), among: () => orphans?.() ?? listPids(), clock });
  const socket = wish.global.socket ?? (wish.env.SVC_SOCKET || null);
  const lockFile = "missing" in native ? undefined : native.lockFile;
  try {
    const ownership = await becomeSupervisor({ config, version: version(), socket }, around, lockFile);
    if ("heldBy" in ownership) return ownership;
    return await superviseAs(ownership, begun, wish, { clock, native, keeper });
  } finally {
    await cancel();
    await keeper.close();
  }
}

async function superviseAs(ownership: Ownership, begun: Begun, wish: StartWish, prepared: Prepared): Promise<number> {
  const { signals, load, resumeOptimizer: onStarted } = begun;
  try {
    const spec = await specOf(begun, wish, prepared);
    return await supervise({ ...prepared, wish, spec, ownership, signals, load, onStarted });
  } catch (error) {
    const stopped = signals.exitCode();
    if (stopped === null) throw error;
    return stopped;
  } finally {
    ownership.lock?.release();
  }
}

/** Where there is none that can be started, nothing that its evaluation has started is left. */
async function specOf({ loading }: Begun, wish: StartWish, { native, clock }: Prepared): Promise<FleetSpec> {
  try {
    const spec = await loading;
    checkNames(spec, wish);
    return spec;
  } catch (error) {
    await endStraysOf(native, { clock, marker: null, spares: () => false });
    throw error;
  }
}
