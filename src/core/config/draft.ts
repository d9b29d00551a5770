import type { Path, Problem } from "./problem.ts";
import type { ServiceInput } from "./service-schema.ts";

/** One service between reading and normalisation: what was written, and what of it was understood. */
export interface Draft {
  readonly name: string;
  readonly path: Path;
  /** As written; `{}` where it is no object. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly input: ServiceInput;
}

/** True where the key is written, valid or not. */
export function has(draft: Draft, key: keyof ServiceInput): boolean {
  return Object.hasOwn(draft.raw, key) && draft.raw[key] !== undefined;
}

export function problemAt(draft: Draft, key: string | null, text: string): Problem {
  return { path: key === null ? draft.path : [...draft.path, key], text };
}

/** A service written in TypeScript, as opposed to a command. */
export function isRunner(draft: Draft): boolean {
  return has(draft, "service") || has(draft, "module");
}
