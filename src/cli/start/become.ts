import type { FleetSpec, LogFormat } from "../../core/spec.ts";
import { type Clock, createClock } from "../../effects/clock.ts";
import { findConfig, type LoadConfigOptions, loadConfig } from "../../effects/config.ts";
import type { Held } from "../../effects/lock.ts";
import { openNativeProcesses } from "../../effects/native-processes.ts";
import { becomeSupervisor, type Ownership } from "../../effects/ownership.ts";
import type { Surroundings } from "../../effects/places.ts";
import { version } from "../../effects/version.ts";
import type { GlobalOptions } from "../command.ts";
import { onChildSignal } from "../signals.ts";
import { createEarlySignals, type EarlySignals } from "./early-signals.ts";
import { pauseOptimizer } from "./optimizer.ts";
import { checkNames, supervise } from "./supervise.ts";

export interface StartWish {
  readonly global: GlobalOptions;
  readonly names: readonly string[];
  readonly exitCodeFrom: string | null;
  readonly format: LogFormat | null;
  readonly timestamps: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Becomes the supervisor of the config and resolves with the exit code; or names the process that is it already. */
export async function becomeIt(wish: StartWish, around: Surroundings): Promise<number | Held> {
  const signals = createEarlySignals();
  const resumeOptimizer = pauseOptimizer();
  const config = findConfig({ cwd: process.cwd(), file: wish.global.config, env: wish.env });
  const socket = wish.global.socket ?? (wish.env.SVC_SOCKET || null);
  const ownership = await becomeSupervisor({ config, version: version(), socket }, around);
  if ("heldBy" in ownership) return ownership;
  try {
    return await loadAndSupervise(wish, config, ownership, signals, resumeOptimizer);
  } finally {
    ownership.lock?.release();
  }
}

async function loadAndSupervise(
  wish: StartWish,
  config: string,
  ownership: Ownership,
  signals: EarlySignals,
  onStarted: () => void,
): Promise<number> {
  const clock: Clock = createClock();
  const load = (signal?: AbortSignal) => loadToRun(config, signal === undefined ? { env: wish.env } : { env: wish.env, signal });
  try {
    const loading = load(signals.aborted);
    // The child that evaluates the config is started in this turn; the native part is loaded while it runs.
    await new Promise((resolve) => setImmediate(resolve));
    const native = openNativeProcesses({ clock, onChildSignal });
    const spec = await loading;
    checkNames(spec, wish);
    return await supervise({ wish, spec, ownership, signals, clock, native, load, onStarted });
  } catch (error) {
    const stopped = signals.exitCode();
    if (stopped === null) throw error;
    return stopped;
  }
}

/** A config that is to run on this machine: its users and groups exist here. */
async function loadToRun(config: string, options: LoadConfigOptions): Promise<FleetSpec> {
  const spec = await loadConfig(config, options);
  const named = spec.services.some(({ user, group }) => user !== null || group !== null);
  if (named) (await import("../../effects/check-accounts.ts")).checkAccounts(spec);
  return spec;
}
