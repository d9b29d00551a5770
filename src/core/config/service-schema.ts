import * as v from "valibot";
import { DEFAULTS, LAST_PORT, MOST_INSTANCES } from "../defaults.ts";
import type { Backoff, Condition, RestartLimit } from "../spec.ts";
import { type Complete, type Field, field, fields, jsonSchemaOf, listOf, type Parsed, pairs, shaped, unexpected } from "./fields.ts";
import * as leaf from "./leaves.ts";
import { serviceLog } from "./log-config.ts";
import { health, ready } from "./probe-schema.ts";
import { socket } from "./socket-schema.ts";

/** One service as the config writes it, key by key. What concerns several keys or services is in checks.ts. */

const CONDITIONS = ["started", "ready", "healthy", "completed", "ended"] as const;

/** A condition of null: the list form, which asks for "ready" where that service has a check, else "started". */
const dependsOn: Field<readonly (readonly [string, Condition | null])[]> = shaped(
  v.lazy((input) => (Array.isArray(input) ? nameList : conditions)),
  () => ({ anyOf: [jsonSchemaOf(nameList), jsonSchemaOf(conditions)] }),
);

const nameList: Field<readonly (readonly [string, null])[]> = v.pipe(
  listOf(leaf.text),
  v.transform((names) => names.map((name) => [name, null] as const)),
);

const conditions: Field<readonly (readonly [string, Condition])[]> = pairs(
  leaf.text,
  leaf.oneOf(...CONDITIONS),
  'a list of names, or an object such as { db: "ready" }',
);

const backoffEntries = {
  initial: v.optional(leaf.duration),
  factor: v.optional(leaf.number(1, Number.POSITIVE_INFINITY)),
  max: v.optional(leaf.duration),
  jitter: v.optional(leaf.number(0, 1)),
  resetAfter: v.optional(leaf.duration),
} as const;

const limitEntries = {
  count: leaf.integer(1, Number.MAX_SAFE_INTEGER, "a number of restarts"),
  within: leaf.duration,
} as const;

const stopEntries = {
  signal: v.optional(leaf.signal),
  timeout: v.optional(leaf.duration),
  target: v.optional(leaf.oneOf("group", "main")),
  command: v.optional(leaf.command),
  tree: v.optional(leaf.boolean),
} as const;

const limitsEntries = {
  memory: v.optional(leaf.size),
  files: v.optional(leaf.integer(1, Number.MAX_SAFE_INTEGER, "a number of open files")),
  core: v.optional(leaf.size),
} as const;

/** A class, a factory, an async function, or an object with run(). */
const service: Field<object> = field(
  (input) => (typeof input === "function" || (typeof input === "object" && input !== null && hasRun(input)) ? input : undefined),
  (input) => unexpected(input, "a class, a function, or an object with run()"),
);

export const serviceEntries = {
  command: v.optional(leaf.command),
  service: v.optional(service),
  module: v.optional(leaf.path),
  options: v.optional(leaf.json),
  cwd: v.optional(leaf.path),
  env: v.optional(leaf.environment),
  envFile: v.optional(listOf(leaf.path, { orOne: true })),
  instances: v.optional(leaf.integer(0, MOST_INSTANCES, "a number of instances")),
  portBase: v.optional(leaf.integer(1, LAST_PORT, "a port")),
  autostart: v.optional(leaf.boolean),
  dependsOn: v.optional(dependsOn),
  ready: v.optional(ready),
  health: v.optional(health),
  restart: v.optional(leaf.oneOf("always", "on-failure", "never")),
  successExitCodes: v.optional(listOf(leaf.integer(0, 255, "an exit code"))),
  backoff: v.optional(v.pipe(fields(backoffEntries, '{ initial: "500ms", max: "30s" }'), v.transform(toBackoff))),
  maxRestarts: v.optional(v.pipe(fields(limitEntries, '{ count: 5, within: "1m" }'), v.transform(toLimit))),
  stop: v.optional(fields(stopEntries, '{ signal: "SIGTERM", timeout: "5s" }')),
  essential: v.optional(leaf.boolean),
  restartDependents: v.optional(leaf.boolean),
  watch: v.optional(listOf(leaf.path, { orOne: true })),
  user: v.optional(leaf.account),
  group: v.optional(leaf.account),
  umask: v.optional(leaf.umask),
  nice: v.optional(leaf.integer(-20, 19, "a niceness")),
  limits: v.optional(fields(limitsEntries, '{ memory: "512M", files: 1024 }')),
  secret: v.optional(listOf(leaf.variableName)),
  log: v.optional(serviceLog),
  socket: v.optional(socket),
  every: v.optional(leaf.duration),
  runOnStart: v.optional(leaf.boolean),
  cron: v.optional(leaf.text),
  timezone: v.optional(leaf.text),
  overlap: v.optional(leaf.oneOf("skip", "queue")),
  runTimeout: v.optional(leaf.duration),
} as const;

/** What was valid of a service, by key. */
export type ServiceInput = Parsed<typeof serviceEntries>;

function hasRun(input: object): boolean {
  return "run" in input && typeof input.run === "function";
}

function toBackoff(input: Complete<typeof backoffEntries>): Backoff {
  const { initialMs, factor, maxMs, jitter, resetAfterMs } = DEFAULTS.backoff;
  return {
    initialMs: input.initial ?? initialMs,
    factor: input.factor ?? factor,
    maxMs: input.max ?? maxMs,
    jitter: input.jitter ?? jitter,
    resetAfterMs: input.resetAfter ?? resetAfterMs,
  };
}

function toLimit(input: Complete<typeof limitEntries>): RestartLimit {
  return { count: input.count, withinMs: input.within };
}
