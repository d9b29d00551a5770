import type { FleetSpec, ServiceSpec } from "./spec.ts";

/** What a reload does: which services come, go, restart, or only follow new rules from now on. */
export interface ReloadPlan {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly restarted: readonly string[];
  /** Services that get another number of instances: `worker=4`. */
  readonly scaled: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  /** What has changed beside the services: `shutdownTimeout`, `log`, `envFile`. */
  readonly forAll: readonly string[];
}

/** A change of one of these makes another process; a change of any other key applies to the living one. */
const SHAPES_THE_PROCESS = [
  "work",
  "options",
  "cwd",
  "env",
  "envFiles",
  "portBase",
  "user",
  "group",
  "umask",
  "nice",
  "limits",
  "socket",
  // A process keeps to the mask that it was started with.
  "secret",
] as const;

/** What the specs alone do not say. */
export interface PlanFacts {
  /** Services a process of which has another environment than a start would give it now. */
  readonly stale: ReadonlySet<string>;
  /** Whether any instance of the service runs, or will: there is nothing to restart otherwise. */
  readonly isWanted: (service: string) => boolean;
  /** How many instances it has, and how many it gets. */
  readonly counts: (after: ServiceSpec) => Counts;
}

interface Counts {
  readonly has: number;
  readonly gets: number;
}

export function planReload(before: FleetSpec, after: FleetSpec, facts: PlanFacts): ReloadPlan {
  const old = new Map(before.services.map((spec) => [spec.name, spec]));
  const names = new Set(after.services.map((spec) => spec.name));
  const scaled = after.services.filter((spec) => old.has(spec.name) && isScaled(facts.counts(spec)));
  const verdicts = after.services.map((spec) => {
    const known = old.get(spec.name);
    // Of one whose number alone changes, the number says it all.
    const compared = known !== undefined && scaled.includes(spec) ? { ...known, instances: spec.instances } : known;
    return { name: spec.name, verdict: verdict(compared, spec, facts) };
  });
  const those = (wanted: Verdict): string[] => verdicts.filter((one) => one.verdict === wanted).map((one) => one.name);
  return {
    added: those("added"),
    removed: before.services.filter((spec) => !names.has(spec.name)).map((spec) => spec.name),
    restarted: those("restarted"),
    scaled: scaled.map((spec) => `${spec.name}=${facts.counts(spec).gets}`),
    changed: those("changed"),
    unchanged: those("unchanged"),
    forAll: changedForAll(before, after),
  };
}

function isScaled({ has, gets }: Counts): boolean {
  return has !== gets;
}

/** The keys of the root, as they are written. */
function changedForAll(before: FleetSpec, after: FleetSpec): string[] {
  const keys = [
    ["envFile", before.envFiles, after.envFiles],
    ["shutdownTimeout", before.shutdownTimeoutMs, after.shutdownTimeoutMs],
    ["log", [before.logFormat, before.ownLog], [after.logFormat, after.ownLog]],
  ] as const;
  return keys.filter(([, one, other]) => differs(one, other)).map(([key]) => key);
}

type Verdict = "added" | "restarted" | "changed" | "unchanged";

function verdict(before: ServiceSpec | undefined, after: ServiceSpec, { stale, isWanted }: PlanFacts): Verdict {
  if (before === undefined) return "added";
  const reshaped = SHAPES_THE_PROCESS.some((key) => differs(before[key], after[key])) || differs(givenAtStart(before), givenAtStart(after));
  if ((reshaped || stale.has(after.name)) && isWanted(after.name)) return "restarted";
  return differs(before, after) ? "changed" : "unchanged";
}

/** Specs are JSON, and both come from the same normalisation: keys stand in the same order. */
function differs(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** What else a process is given when it starts: the way to say that it is ready, and to a TypeScript service when to run. */
function givenAtStart({ ready, work, schedule, overlap, runTimeoutMs, stop }: ServiceSpec): unknown {
  const way = ready !== null && ["fd", "message", "notify"].includes(ready.probe.kind) ? ready.probe : null;
  return work.kind === "command" ? way : [way, schedule, overlap, runTimeoutMs, stop.signal];
}
