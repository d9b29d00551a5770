import type { ReloadPlan } from "./plan.ts";

interface PlanWords {
  readonly key: Exclude<keyof ReloadPlan, "unchanged">;
  readonly done: string;
  readonly planned: string;
}

/** What is said of each part of a reload's plan; of what stays as it is, nothing. */
export const PLAN_WORDS: readonly PlanWords[] = [
  { key: "added", done: "added", planned: "would add" },
  { key: "removed", done: "removed", planned: "would remove" },
  { key: "restarted", done: "restarted", planned: "would restart" },
  { key: "scaled", done: "scaled", planned: "would scale" },
  { key: "changed", done: "changed without a restart", planned: "would change without a restart" },
  { key: "forAll", done: "changed for all services", planned: "would change for all services" },
];
