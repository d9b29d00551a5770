import type { ServiceSpec } from "./spec.ts";

/** What a reload does: which services come, go, restart, or only follow new rules from now on. */
export interface ReloadPlan {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly restarted: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
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
] as const;

export function planReload(before: readonly ServiceSpec[], after: readonly ServiceSpec[]): ReloadPlan {
  const old = new Map(before.map((spec) => [spec.name, spec]));
  const names = new Set(after.map((spec) => spec.name));
  const verdicts = after.map((spec) => ({ name: spec.name, verdict: verdict(old.get(spec.name), spec) }));
  const those = (wanted: Verdict): string[] => verdicts.filter((one) => one.verdict === wanted).map((one) => one.name);
  return {
    added: those("added"),
    removed: before.filter((spec) => !names.has(spec.name)).map((spec) => spec.name),
    restarted: those("restarted"),
    changed: those("changed"),
    unchanged: those("unchanged"),
  };
}

type Verdict = "added" | "restarted" | "changed" | "unchanged";

function verdict(before: ServiceSpec | undefined, after: ServiceSpec): Verdict {
  if (before === undefined) return "added";
  if (SHAPES_THE_PROCESS.some((key) => differs(before[key], after[key])) || differs(givenAtStart(before), givenAtStart(after)))
    return "restarted";
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
