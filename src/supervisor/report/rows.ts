import { checkSubject } from "../../core/check-words.ts";
import { formatDuration } from "../../core/duration.ts";
import { shownSocket } from "../../core/listening.ts";
import { isDown, pidOf, shownState } from "../../core/machine/shown.ts";
import type { Ending } from "../../core/machine/state.ts";
import { runsByProcess } from "../../core/machine/steps.ts";
import type { LastExit, Row } from "../../core/row.ts";
import type { Schedule, ServiceSpec, Work } from "../../core/spec.ts";
import type { LastCheck, StatusDetail } from "../../core/status.ts";
import type { Tree, Usage } from "../../effects/tree/tree.ts";
import type { FleetContext } from "../fleet/fleet.ts";
import { isListening } from "../fleet/follow-sockets.ts";
import { standingOf } from "../fleet/standing.ts";
import { hideAhead } from "../unit/secrets.ts";
import type { Unit } from "../unit/unit.ts";
import { neededOf, needsOf } from "./graph.ts";

/** The previous sample of a tree: processor use is a difference. */
interface Sample {
  readonly cpuMs: number;
  readonly at: number;
  /** What it was answered with. */
  readonly cpu: number | null;
}

/** The kernel counts in ticks of 10 ms (sysconf(3), _SC_CLK_TCK): over a shorter time a share would be mostly rounding. */
const SHORTEST_SAMPLE_MS = 100;

export type Samples = WeakMap<Tree, Sample>;

export async function rowsOf(fleet: FleetContext, units: readonly Unit[], samples: Samples): Promise<Row[]> {
  const trees = units.map((unit) => unit.life.tree).filter((tree) => tree !== null);
  await hideAhead(fleet.world, units);
  const usage = trees.length === 0 ? new Map<Tree, Usage>() : await fleet.world.trees.usage(trees);
  return units.map((unit) => rowOf(fleet, unit, measure(fleet, unit, usage, samples)));
}

/** A row without processor time and memory: those need a look at every process of the machine. */
export function rowOf(fleet: FleetContext, unit: Unit, measured: Measured = UNMEASURED): Row {
  const { state } = unit;
  const pid = pidOf(state.phase);
  const { ready, healthy } = standingOf(unit);
  return {
    name: unit.name,
    service: unit.service,
    instance: unit.instance,
    state: shownState(state),
    pid,
    startedAt: iso(state.startedAt),
    uptimeMs: pid === null || state.startedAt === null ? null : Math.max(0, fleet.world.clock.now() - state.startedAt),
    restarts: state.restarts,
    ready,
    healthy,
    cpu: measured.cpu,
    memory: measured.memory,
    lastExit: state.lastExit === null ? null : lastExitOf(state.lastExit),
    nextStartAt: iso(state.nextStartAt),
    command: unit.log.mask(shownWork(unit.spec.work)),
  };
}

export function statusOf(fleet: FleetContext, unit: Unit): StatusDetail {
  const { spec } = unit;
  return {
    name: unit.name,
    endings: unit.endings.map(lastExitOf),
    dependsOn: needsOf(fleet, unit.service),
    neededBy: neededOf(fleet, unit.service),
    lastCheck: lastCheckOf(unit),
    says: unit.life.notify?.says ?? null,
    socket: spec.socket === null ? null : `${shownSocket(spec.socket)} (${isListening(fleet, unit) ? "open" : "closed"})`,
    schedule: spec.schedule === null ? null : shownSchedule(spec.schedule),
    restart: spec.restart,
    stop: { signal: spec.stop.signal, timeoutMs: spec.stop.timeoutMs },
    command: unit.log.mask(shownWork(spec.work)),
    cwd: unit.log.mask(spec.cwd),
    runsAs: runsAs(spec),
    limits: Object.fromEntries(spec.limits),
    watch: spec.watch.map((path) => unit.log.mask(path)),
    logFiles: unit.log.paths.map((path) => unit.log.mask(path)),
  };
}

function runsAs({ user, group }: ServiceSpec): string | null {
  if (user === null) return group === null ? null : `:${group}`;
  return group === null ? `${user}` : `${user}:${group}`;
}

function shownSchedule(schedule: Schedule): string {
  if (schedule.kind === "every") return `every ${formatDuration(schedule.everyMs)}`;
  return `${schedule.pattern}${schedule.timezone === null ? "" : ` (${schedule.timezone})`}`;
}

/** Of the event loop only changes are known; so where there is a probe too, its check is the later one. */
function lastCheckOf({ spec, state }: Unit): LastCheck | null {
  if (spec.health === null || state.checks === null || pidOf(state.phase) === null) return null;
  const { probe, eventLoop } = state.checks;
  const failing = eventLoop.well === false || spec.health.probe === null;
  const { last, failures } = failing ? eventLoop : probe;
  const subject = failing || spec.health.probe === null ? "its event loop turns" : checkSubject(spec.health.probe);
  return last === null ? null : { ok: last.why === null, at: new Date(last.at).toISOString(), what: last.why ?? subject, failures };
}

/** What keeps a service from being well, in a sentence; null where it is up, or not wanted. */
export function unwell(unit: Unit, up: boolean): string | null {
  const { phase } = unit.state;
  if (phase.tag === "unhealthy") return `${unit.name} is unhealthy (${phase.reason})`;
  if (phase.tag === "stopped" || up || isAtItsRuns(unit)) return null;
  const state = shownState(unit.state);
  if (state === "running") return `${unit.name} is running, but not for 1 s yet`;
  const why = unit.state.gaveUp ?? (isDown(phase) || state === "backoff" ? unit.state.lastExit?.reason : null);
  return `${unit.name} is ${state}${why ? ` (${why})` : ""}`;
}

/** A command on a schedule is well while its runs come, short or failed as they may be. */
function isAtItsRuns({ spec, state }: Unit): boolean {
  return runsByProcess(spec) && !["waiting", "failed", "skipped"].includes(state.phase.tag);
}

interface Measured {
  readonly cpu: number | null;
  readonly memory: number | null;
}

const UNMEASURED: Measured = { cpu: null, memory: null };

function measure(fleet: FleetContext, unit: Unit, usage: ReadonlyMap<Tree, Usage>, samples: Samples): Measured {
  const { tree } = unit.life;
  const used = tree === null ? undefined : usage.get(tree);
  if (tree === null || used === undefined || pidOf(unit.state.phase) === null) return UNMEASURED;
  const at = fleet.world.clock.monotonic();
  const before = samples.get(tree);
  if (before !== undefined && at - before.at < SHORTEST_SAMPLE_MS) return { cpu: before.cpu, memory: used.rssBytes };
  const cpu = before === undefined ? null : share(used.cpuMs - before.cpuMs, at - before.at);
  samples.set(tree, { cpuMs: used.cpuMs, at, cpu });
  return { cpu, memory: used.rssBytes };
}

/** Percent of one core, with one decimal. A child that ends between two samples takes its time with it: never below zero. */
function share(cpuMs: number, elapsedMs: number): number {
  return Math.max(0, Math.round((cpuMs / elapsedMs) * 1000) / 10);
}

function shownWork(work: Work): string {
  switch (work.kind) {
    case "command":
      return work.command.text;
    case "inline":
      return `service ${work.label}`;
    case "module":
      return `module ${work.label}`;
  }
}

export function lastExitOf(ending: Ending): LastExit {
  return { code: ending.code, signal: ending.signal, kind: ending.kind, reason: ending.reason, at: new Date(ending.at).toISOString() };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
