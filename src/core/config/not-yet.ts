import { isRecord } from "./fields.ts";
import { isWithin, type Path, type Problem } from "./problem.ts";

/** Keys that are understood and checked, but not carried out yet: refusing them beats ignoring them. */
const NOT_YET: readonly (readonly [path: string, what: string])[] = [["services.*.watch", "restarts on change"]];

/** One problem for each such key, unless something else is wrong with it anyway. */
export function checkNotYet(raw: unknown, problems: readonly Problem[]): readonly Problem[] {
  return NOT_YET.flatMap(([pattern, what]) =>
    placesOf(raw, pattern.split("."))
      .filter((path) => !problems.some((problem) => isWithin(problem.path, path)))
      .map((path) => ({ path, text: `${what}: this version of svc does not do this yet` })),
  );
}

/** Where the pattern's key is written; `*` stands for any key. */
function placesOf(value: unknown, pattern: readonly string[], path: Path = []): readonly Path[] {
  const [head, ...rest] = pattern;
  if (head === undefined) return value === undefined ? [] : [path];
  if (!isRecord(value)) return [];
  const keys = head === "*" ? Object.keys(value) : Object.keys(value).filter((key) => key === head);
  return keys.flatMap((key) => placesOf(value[key], rest, [...path, key]));
}
