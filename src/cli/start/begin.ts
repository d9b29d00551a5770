import type { FleetSpec, LogFormat } from "../../core/spec.ts";
import { findConfig } from "../../effects/config/config.ts";
import { loadConfigToRun } from "../../effects/config/config-to-run.ts";
import type { Surroundings } from "../../effects/ownership/places.ts";
import { type Held, runningSupervisor } from "../../effects/ownership/running-supervisor.ts";
import { trackNodeChildren } from "../../effects/spawn/node-children.ts";
import type { GlobalOptions } from "../command.ts";
import { createEarlySignals, type EarlySignals } from "./early-signals.ts";
import { createEvaluations, type Evaluations } from "./evaluations.ts";
import { pauseOptimizer } from "./optimizer.ts";
import type { Starter } from "./starter.ts";

export interface StartWish {
  readonly global: GlobalOptions;
  readonly names: readonly string[];
  /** What waits for its schedule runs at once. */
  readonly now: boolean;
  readonly exitCodeFrom: string | null;
  readonly format: LogFormat | null;
  readonly timestamps: boolean;
  /** What is watched for changes: what the config says, and the config itself. */
  readonly watch: boolean;
  readonly watchConfig: boolean;
  /** Every log is kept in a file of the state folder, too. Default false. */
  readonly keepsLogs?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who has started svc in the background. Default: nobody. */
  readonly starter?: Starter;
}

/** A start whose config is being evaluated. */
export interface Begun {
  /** Real path. */
  readonly config: string;
  readonly signals: EarlySignals;
  /** Does not reject unheard. */
  readonly loading: Promise<FleetSpec>;
  /** Ends the evaluation, and resolves when it is gone. */
  readonly cancel: () => Promise<void>;
  /** Reads the config again; ends at once when the signal aborts. What the config prints comes line by line. */
  readonly load: (signal: AbortSignal, onPrinted: (line: string) => void) => Promise<FleetSpec>;
  readonly careBy: Evaluations["careBy"];
  readonly isNodes: (pid: number) => boolean;
  readonly resumeOptimizer: () => void;
}

/**
 * The child that evaluates the config takes longest, so it is started first: svc's own code for supervising is loaded, and
 * the lock taken, while it runs. Where the config has a supervisor, nothing is evaluated.
 */
export function begin({ global, env, starter }: StartWish, around: Surroundings): Begun | Held {
  const signals = createEarlySignals();
  const resumeOptimizer = pauseOptimizer();
  const config = findConfig({ cwd: process.cwd(), file: global.config, env });
  const held = runningSupervisor(config, around);
  if (held) return held;
  const isNodes = trackNodeChildren();
  const { care, careBy } = createEvaluations();
  const load: Begun["load"] = (signal, onPrinted) => loadConfigToRun(config, { env, signal, care, onPrinted });
  const over = new AbortController();
  const signal = AbortSignal.any([signals.aborted, over.signal]);
  const loading = loadConfigToRun(config, { env, signal, care, output: starter?.output }).finally(() => starter?.closeOutput());
  const cancel = async (): Promise<void> => {
    over.abort();
    await loading.catch(() => {});
  };
  loading.catch(() => {});
  return { config, signals, loading, cancel, load, careBy, isNodes, resumeOptimizer };
}
