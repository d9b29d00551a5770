import type { FleetSpec } from "../spec.ts";

/** What the child that evaluates a config reports, as one line of JSON. */
export type Evaluated =
  | { readonly kind: "spec"; readonly spec: FleetSpec }
  /** Sentences, each with its place. */
  | { readonly kind: "problems"; readonly lines: readonly string[] }
  /** The file could not be read or run; the reason may have a code frame below it. */
  | { readonly kind: "failure"; readonly reason: string };

/** What the child is told, as its one argument. */
export interface EvaluateRequest {
  readonly file: string;
  readonly cacheDir: string | null;
  /** Milliseconds; after it the child ends itself, should its parent be gone. */
  readonly timeoutMs: number;
  /** The name of a variable that is svc's own matter: a config that hands on its whole environment does not mean it. */
  readonly mark: string;
}
