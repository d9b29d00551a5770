import type { Condition, Dependency } from "../spec.ts";
import { didYouMean } from "../suggest.ts";
import { type Draft, has, problemAt } from "./draft.ts";
import type { Problem } from "./problem.ts";
import { show } from "./show.ts";

type Drafts = ReadonlyMap<string, Draft>;

/** Dependencies on nothing, on what cannot come true, and in circles. */
export function checkDependencies(drafts: Drafts): readonly Problem[] {
  const each = [...drafts.values()].flatMap((draft) => {
    const written = draft.input.dependsOn ?? [];
    return written.flatMap(([name, condition], index) => {
      const text = complaint(drafts, name, condition);
      const place = Array.isArray(draft.raw.dependsOn) ? index : name;
      return text === null ? [] : [{ path: [...draft.path, "dependsOn", place], text }];
    });
  });
  return [...each, ...checkCycles(drafts)];
}

/** "ready" where nothing else is said and there is a check to pass, else "started". */
export function toDependencies(drafts: Drafts, draft: Draft): readonly Dependency[] {
  const written = new Map(draft.input.dependsOn ?? []);
  return [...written].map(([service, condition]) => ({ service, condition: condition ?? usualCondition(drafts.get(service)) }));
}

function usualCondition(target: Draft | undefined): Condition {
  return target?.input.ready === undefined ? "started" : "ready";
}

function complaint(drafts: Drafts, name: string, condition: Condition | null): string | null {
  const target = drafts.get(name);
  if (!target) return `there is no service ${show(name)}${didYouMean(name, drafts.keys())}`;
  if (condition === "ready" && !has(target, "ready")) return `"${name}" has no "ready" check; add one, or depend on "started"`;
  if (condition === "healthy" && !has(target, "health")) return `"${name}" has no "health" check; add one, or depend on "started"`;
  if (condition === "completed" && target.input.restart === "always") {
    return `"${name}" is restarted always (restart: "always"), so it never completes`;
  }
  return null;
}

/** Every edge that closes a circle in a depth-first walk gives one problem, at the service that the walk met first. */
function checkCycles(drafts: Drafts): readonly Problem[] {
  const done = new Set<string>();
  const problems: Problem[] = [];
  const visit = (name: string, trail: readonly string[]): void => {
    const from = trail.indexOf(name);
    if (from >= 0) {
      const cycle = [...trail.slice(from), name];
      problems.push(problemAt(drafts.get(name)!, "dependsOn", `services depend on each other in a circle: ${cycle.join(" → ")}`));
      return;
    }
    if (done.has(name)) return;
    for (const [next] of drafts.get(name)?.input.dependsOn ?? []) visit(next, [...trail, name]);
    done.add(name);
  };
  for (const name of drafts.keys()) visit(name, []);
  return problems;
}
