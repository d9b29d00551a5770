import { resolve } from "node:path";
import { formatProblems, type Problem } from "../../core/config/problem.ts";
import { resolveConfig } from "../../core/config/resolve.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { shownState } from "../../core/machine/shown.ts";
import type { State } from "../../core/machine/state.ts";
import type { Row } from "../../core/row.ts";
import type { FleetSpec, ServiceSpec } from "../../core/spec.ts";
import { type Clock, createClock } from "../../effects/clock.ts";
import type { LogHub } from "../../effects/log/hub.ts";
import { openLogs } from "../../effects/log/open-logs.ts";
import { startInside } from "../../effects/task/inside.ts";
import { named, restartNow, stop } from "../commands/commands.ts";
import { feedFleet } from "../commands/shutdown.ts";
import type { FleetContext } from "../fleet/fleet.ts";
import { waitFor } from "../fleet/wait-for.ts";
import { startedOrFailed } from "../fleet/waits.ts";
import { realWorld } from "../real-world.ts";
import { reasonOf } from "../report/reason-of.ts";
import { rowOf } from "../report/rows.ts";
import { createSupervisor } from "../supervisor.ts";
import { hideAhead, hideKnown } from "../unit/secrets.ts";
import type { Unit } from "../unit/unit.ts";
import { keepForApp } from "./keeper.ts";
import type { Registered, RunnerChange, RunnerOptions } from "./runner.ts";

/** The part of a `ServiceRunner` that is loaded when it starts. */
export interface Engine {
  /** Resolves when all are started. */
  start(): Promise<void>;
  stop(): Promise<void>;
  stopService(name: string): Promise<void>;
  restartService(name: string): Promise<void>;
  rows(): Row[];
}

export function createEngine(
  services: ReadonlyMap<string, Registered>,
  options: RunnerOptions,
  onChange: (change: RunnerChange) => void,
): Engine {
  const spec = specOf(services, options);
  const clock = createClock();
  const env = { ...process.env };
  const logs = openRunnerLogs(clock, options.log ?? null, env);
  const givenUp = new Set<string>();
  let end = (_withinMs: number): void => {};
  const ended = new Promise<number>((resolveEnded) => {
    end = resolveEnded;
  });
  const keeper = keepForApp(realWorld({ clock, logs, env, native: null, runtimeFolder: null, fleetSpec: () => spec }), env);
  const world = {
    ...keeper.world,
    inside: (name: string) => startInside(services.get(name)?.inside, { clock, onGivenUp: () => givenUp.add(name) }),
  };
  const { fleet, start, spoken } = createSupervisor(world, {
    spec,
    exitCodeFrom: null,
    load: async () => spec,
    onEnd: (_code, withinMs) => end(withinMs),
    endsByItself: false,
  });
  followChanges(fleet, onChange);
  for (const unit of fleet.units) hideKnown(unit, env);
  return {
    start: async () => {
      start([], false);
      await Promise.all([untilStarted(fleet), hideAhead(world, fleet.units)]);
    },
    stop: async () => {
      feedFleet(fleet, { type: "stopCommanded", at: clock.now(), now: false, timeoutMs: null });
      const withinMs = await ended;
      await keeper.close();
      await Promise.race([spoken(), pause(clock, withinMs)]);
      await logs.flush(withinMs);
    },
    stopService: async (name) => void (await stop(fleet, { names: [name] }, {})),
    restartService: async (name) => {
      restartNow(fleet, [name]);
      await untilStarted(fleet, named(fleet, [name]));
    },
    rows: () => fleet.units.map((unit) => notStopped(rowOf(fleet, unit), givenUp)),
  };
}

function openRunnerLogs(clock: Clock, wish: RunnerOptions["log"] | null, env: Readonly<Record<string, string | undefined>>): LogHub {
  const quiet = wish === "none" || typeof wish === "function";
  const format = quiet ? null : (wish ?? null);
  const { hub } = openLogs(clock, { format, timestamps: false, noColor: false, env, quiet });
  const tell = typeof wish === "function" ? wish : null;
  if (tell !== null) hub.follow(null, (records) => records.forEach((record) => void tell(record)));
  return hub;
}

function followChanges(fleet: FleetContext, onChange: (change: RunnerChange) => void): void {
  // An end comes before the state that follows from it: what it left behind is ended first, as `stopping` still.
  const told = new WeakMap<Unit, State>();
  fleet.observers.add(({ unit, before, after }) => {
    const [from, to] = [shownState(before), shownState(after)];
    const last = told.get(unit) ?? before;
    told.set(unit, from === to ? last : after);
    if (from !== to) onChange({ name: unit.name, from, to, reason: reasonOf(after, last) });
  });
}

/** It keeps no app alive. */
function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((done) => void clock.arm(ms, done, { ref: false }));
}

function untilStarted(fleet: FleetContext, units = fleet.units.filter((unit) => unit.spec.autostart)): Promise<void> {
  return waitFor(fleet, units, { command: "start" }, startedOrFailed);
}

/** A task that ignored its stop still runs, so it is not shown as stopped. */
function notStopped(row: Row, givenUp: ReadonlySet<string>): Row {
  if (row.state !== "stopped" || row.lastExit === null || !givenUp.has(row.service)) return row;
  return { ...row, state: "failed", lastExit: { ...row.lastExit, code: null, reason: "did not stop" } };
}

function specOf(services: ReadonlyMap<string, Registered>, { shutdownTimeout, folder = process.cwd() }: RunnerOptions): FleetSpec {
  const raw = {
    services: Object.fromEntries([...services].map(([name, { config }]) => [name, config])),
    ...(shutdownTimeout !== undefined && { shutdownTimeout }),
  };
  // Nothing is ever reloaded here, so no edit has to be recognised.
  const unread = { hash: () => "", readText: () => "" };
  const resolved = resolveConfig(raw, { file: resolve(folder, "services"), folder: resolve(folder), resolvePath: resolve, ...unread });
  const problems = "problems" in resolved ? resolved.problems : resolved.spec.services.flatMap(inside);
  if ("spec" in resolved && problems.length === 0) return resolved.spec;
  const lines = formatProblems(problems);
  throw new SvcError(["cannot start the runner:", ...lines.map((line) => `  ${line}`)].join("\n"), EXIT.usage);
}

/** What runs inside this process has no event loop, no descriptors and no environment of its own. */
function inside({ name, work, ready, health, socket }: ServiceSpec): readonly Problem[] {
  if (work.kind !== "inline") return [];
  const refused = (...key: readonly string[]): Problem => ({
    path: ["services", name, ...key],
    text: "a task inside this process has none of its own: register it as { module }, in a process of its own",
  });
  const way = ready?.probe.kind;
  return [
    ...(way === "fd" || way === "notify" ? [refused("ready", way)] : []),
    ...(health !== null && health.eventLoopMs !== null ? [refused("health", "eventLoop")] : []),
    ...(socket === null ? [] : [refused("socket")]),
  ];
}
