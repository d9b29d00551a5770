import type { LastExit, Row, ShownState } from "./row.ts";
import type { Condition, RestartPolicy } from "./spec.ts";

/** What `svc status` and `svc list --tree` tell beyond the rows. */

export interface Status {
  readonly rows: readonly Row[];
  /** One for each row, in the same order. */
  readonly detail: readonly StatusDetail[];
}

export interface StatusDetail {
  readonly name: string;
  /** The last endings, the newest first. */
  readonly endings: readonly LastExit[];
  readonly dependsOn: readonly Need[];
  readonly neededBy: readonly Need[];
  /** The last health check of the living process; null before the first one, and without any. */
  readonly lastCheck: LastCheck | null;
  /** What the process says of itself, by STATUS= of sd_notify(3). */
  readonly says: string | null;
  /** Where svc listens for it: `port 3000 (open)`; null without a socket. */
  readonly socket: string | null;
  /** When it runs: `every 4 m`, `0 3 * * * (Europe/Berlin)`; null: all the time. */
  readonly schedule: string | null;
  readonly restart: RestartPolicy;
  readonly stop: { readonly signal: string; readonly timeoutMs: number };
  readonly command: string;
  readonly cwd: string;
  // What follows is missing where the supervisor runs on while its svc was upgraded.
  /** `user`, `user:group` or `:group`; null: svc's own. */
  readonly runsAs?: string | null;
  /** Bytes, and of `files` a number. */
  readonly limits?: Readonly<Record<string, number>>;
  readonly watch?: readonly string[];
  /** Where its lines are kept, rotated files apart. */
  readonly logFiles?: readonly string[];
}

/** One edge of the graph, and the service at its other end. */
export interface Need {
  readonly service: string;
  readonly condition: Condition;
  readonly met: boolean;
  /** Why it will never be met, unless somebody starts something; null where it is, or may still be. */
  readonly reason: string | null;
  /** Of each instance of that service. */
  readonly states: readonly ShownState[];
}

export interface GraphNode {
  readonly service: string;
  readonly states: readonly ShownState[];
  readonly dependsOn: readonly Need[];
}

export interface LastCheck {
  readonly ok: boolean;
  /** ISO 8601. */
  readonly at: string;
  /** What was asked, and of a failure what it was: `GET http://127.0.0.1:3000/healthz answered 503`. */
  readonly what: string;
  /** Failures in a row, as far as they count. */
  readonly failures: number;
}
