// So that a project whose own target is older can check the declarations.
/// <reference lib="esnext.disposable" preserve="true" />
import { fileURLToPath } from "node:url";
import type { Duration } from "../../core/config/part-types.ts";
import type { Schedule } from "../../core/config/schedule-types.ts";
import type { Service, ServiceClass, ServiceFunction } from "../../core/config/service-types.ts";
import type { ServiceKeys } from "../../core/config/types.ts";
import type { CommandWork, InlineWork, ModuleWork } from "../../core/config/work-types.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { noSuchService } from "../../core/names.ts";
import type { LogRecord } from "../../core/protocol.ts";
import type { Row, ShownState } from "../../core/row.ts";
import type { Engine } from "./runner-engine.ts";
import { unstarted } from "./unstarted.ts";

export interface RunnerOptions {
  /** One deadline for `stop()`. Default "9s". */
  readonly shutdownTimeout?: Duration;
  /** true: SIGTERM and SIGINT stop the runner, once. Default: the app's signals are its own. */
  readonly signals?: boolean;
  /** What relative paths start from. Default: the working directory. */
  readonly folder?: string;
  /**
   * Where the lines go, the services' and svc's own: to stdout and stderr in this format, nowhere, or to this function, one
   * call a line. It must not block. Default: "pretty" on a terminal, else "plain".
   */
  readonly log?: "pretty" | "plain" | "json" | "none" | ((line: LogRecord) => void);
}

/** The keys of the config; `module` may be a URL. What has `service` runs inside this process, `module` and `command` in one of their own. */
export type RunnerService = Service | ServiceClass | ServiceFunction | (ServiceKeys & Schedule & (InlineWork | ModuleAt | CommandWork));

type ModuleAt = Omit<ModuleWork, "module"> & { readonly module: string | URL };

/** A change of state of one service. */
export interface RunnerChange {
  readonly name: string;
  readonly from: ShownState;
  readonly to: ShownState;
  /** What is wrong with it, or how its process ended, where that is the change; else null. */
  readonly reason: string | null;
}

/** What was registered, as the engine takes it. */
export interface Registered {
  readonly config: object;
  /** The class, function or object that runs inside this process; undefined for a process of its own. */
  readonly inside: unknown;
}

/**
 * Services inside an app: they start and stop with it. Objects, classes and functions run inside this process, as tasks;
 * `{ module }` and `{ command }` run as child processes. It installs no process-wide handlers unless `signals` is set, and
 * after `stop()` it keeps nothing alive.
 *
 * @example
 * await using runner = new ServiceRunner();
 * runner.register("email", { module: new URL("./workers/email.ts", import.meta.url) });
 * await runner.start();
 */
export class ServiceRunner {
  readonly #options: RunnerOptions;
  readonly #services = new Map<string, Registered>();
  readonly #listeners = new Set<(change: RunnerChange) => void>();
  #state: "idle" | "starting" | "running" | "stopping" = "idle";
  #engine: Engine | null = null;
  #stopping: Promise<void> | null = null;
  #releaseSignals = (): void => {};

  constructor(options: RunnerOptions = {}) {
    this.#options = options;
  }

  /** Adds a service. Throws a `SvcError` for a name that is taken, and once the runner has started. */
  register(name: string, service: RunnerService): this {
    if (this.#services.has(name)) throw new SvcError(`cannot register ${JSON.stringify(name)}: the name is taken`, EXIT.usage);
    if (this.#state !== "idle") {
      throw new SvcError(`cannot register ${JSON.stringify(name)}: the runner is ${this.#state}; register before start()`, EXIT.usage);
    }
    this.#services.set(name, toRegistered(service));
    return this;
  }

  /**
   * Resolves when all are started; it never waits for `run()` to end. Does nothing when they are. Rejects with a `SvcError`
   * for what is wrong with the services (exit code 2: nothing was started), when one cannot start (the others run on), and
   * while a start or a stop is under way.
   */
  async start(): Promise<void> {
    if (this.#state === "running") return;
    if (this.#state !== "idle") {
      const cause = this.#state === "starting" ? "it is starting already (does a service's run() call start()?)" : "it is stopping";
      throw new SvcError(`cannot start the runner: ${cause}`, EXIT.failed);
    }
    this.#state = "starting";
    try {
      const { createEngine } = await import("./runner-engine.ts");
      this.#engine = createEngine(this.#services, this.#options, (change) => this.#tell(change));
    } catch (error) {
      this.#state = "idle";
      throw error;
    }
    await this.#begin(this.#engine);
  }

  async #begin(engine: Engine): Promise<void> {
    if (this.#options.signals) {
      const { onStopSignals } = await import("./signals.ts");
      this.#releaseSignals = onStopSignals(() => void this.stop());
    }
    try {
      await engine.start();
    } finally {
      if (this.#state === "starting") this.#state = "running";
    }
  }

  /** Stops all within one deadline, dependents first. A task that ignores it is listed as `failed` (`did not stop`). */
  stop(): Promise<void> {
    if (this.#engine === null || this.#state === "idle") return Promise.resolve();
    this.#stopping ??= this.#end(this.#engine);
    return this.#stopping;
  }

  async #end(engine: Engine): Promise<void> {
    this.#state = "stopping";
    await engine.stop();
    this.#releaseSignals();
    this.#state = "idle";
    this.#stopping = null;
  }

  /** Rejects with a `SvcError` where there is no such service, or nothing runs. */
  async stopService(name: string): Promise<void> {
    await this.#running(name).stopService(name);
  }

  /** Stops it, if it runs, and starts it; resolves when it is started. Rejects as `stopService` does, and when it cannot start. */
  async restartService(name: string): Promise<void> {
    await this.#running(name).restartService(name);
  }

  /** The rows of `svc list --json`, one for each instance; processor time and memory are null. */
  list(): Row[] {
    return this.#engine?.rows() ?? [...this.#services].map(([name, { config }]) => unstarted(name, config));
  }

  /** True where an instance of the service has a living process, or a task at work. */
  isRunning(name: string): boolean {
    return this.list().some((row) => (row.name === name || row.service === name) && row.pid !== null);
  }

  /** Calls `listener` at each change of a service's state. Returns the way to stop. */
  onChange(listener: (change: RunnerChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #running(name: string): Engine {
    if (!this.#services.has(name.replace(/\.\d+$/, ""))) throw noSuchService(name, [...this.#services.keys()]);
    if (this.#engine === null || this.#state === "idle")
      throw new SvcError(`cannot act on ${name}: the runner has not started`, EXIT.failed);
    return this.#engine;
  }

  #tell(change: RunnerChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function toRegistered(service: RunnerService): Registered {
  if (typeof service === "function" || isService(service)) return { config: { service }, inside: service };
  const { module } = service;
  return { config: module instanceof URL ? { ...service, module: fileURLToPath(module) } : service, inside: service.service };
}

function isService(service: object): service is Service {
  return "run" in service && typeof service.run === "function";
}
