import { escapeControls } from "../escape.ts";
import type { Draft } from "./draft.ts";
import { problemAt } from "./draft.ts";
import type { Problem } from "./problem.ts";

export const SERVICE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** Names that cannot be told apart in logs, folders and commands, or that svc itself uses. */
export function checkNames(drafts: readonly Draft[]): readonly Problem[] {
  const first = new Map<string, string>();
  return drafts.flatMap((draft) => {
    const { name } = draft;
    const lower = name.toLowerCase();
    const twin = first.get(lower);
    first.set(lower, twin ?? name);
    if (!SERVICE_NAME.test(name))
      return [problemAt(draft, null, `a service name begins with a letter, then up to 62 letters, digits, "_" or "-"`)];
    if (lower === "svc") return [problemAt(draft, null, `the name "${name}" is svc's own; choose another`)];
    if (twin === undefined) return [];
    return [problemAt(draft, null, `the name differs from "${escapeControls(twin)}" only in case; choose another`)];
  });
}
