import * as v from "valibot";
import { DEFAULTS } from "../defaults.ts";
import type { ExecProbe, Health, HttpProbe, Ready, ReadyProbe, TcpProbe } from "../spec.ts";
import { type Complete, checked, type Field, field, fields, gotOf, unexpected } from "./fields.ts";
import * as leaf from "./leaves.ts";

/** `ready` and `health`: their checks, and what both have in common. */

const url: Field<string> = field((input) => {
  if (typeof input !== "string" || !URL.canParse(input)) return undefined;
  return ["http:", "https:"].includes(new URL(input).protocol) ? input : undefined;
}, 'a URL such as "http://127.0.0.1:3000/healthz"');

const status: Field<readonly [number, number]> = field(
  (input) => {
    const [low, high] = Array.isArray(input) && input.length === 2 ? input : [input, input];
    return isStatus(low) && isStatus(high) && low <= high ? [low, high] : undefined;
  },
  (input) => unexpected(input, "an HTTP status such as 200, or the first and last of a range such as [200, 399]"),
);

const tcp: Field<TcpProbe> = field((input) => {
  if (typeof input === "number") return tcpProbe(DEFAULTS.tcpHost, input);
  // What comes out of an environment is text.
  if (typeof input === "string" && /^\d{1,5}$/.test(input)) return tcpProbe(DEFAULTS.tcpHost, Number(input));
  const match = typeof input === "string" ? /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:/]+)):(\d{1,5})$/.exec(input) : null;
  return match ? tcpProbe(match[1] ?? match[2]!, Number(match[3])) : undefined;
}, 'a port such as 3000, or text such as "127.0.0.1:3000"');

/** Text or a pattern; a pattern crosses the process boundary as its source. */
const log: Field<ReadyProbe> = field((input) => {
  if (input instanceof RegExp) return { kind: "log-pattern", source: input.source, flags: input.flags.replace(/[gy]/g, "") };
  return typeof input === "string" && input !== "" ? { kind: "log", text: input } : undefined;
}, "text that is not empty, or a RegExp");

const shared = {
  http: v.optional(url),
  status: v.optional(status),
  headers: v.optional(leaf.headers),
  tcp: v.optional(tcp),
  exec: v.optional(leaf.command),
} as const;

const readyEntries = {
  ...shared,
  log: v.optional(log),
  message: v.optional(leaf.isTrue),
  fd: v.optional(leaf.integer(3, 255, "a descriptor")),
  notify: v.optional(leaf.isTrue),
  interval: v.optional(leaf.duration),
  tryTimeout: v.optional(leaf.duration),
  timeout: v.optional(leaf.duration),
} as const;

const healthEntries = {
  ...shared,
  eventLoop: v.optional(leaf.duration),
  interval: v.optional(leaf.duration),
  timeout: v.optional(leaf.duration),
  retries: v.optional(leaf.integer(1, Number.MAX_SAFE_INTEGER, "a number of failures in a row")),
  startPeriod: v.optional(leaf.duration),
  onFailure: v.optional(leaf.oneOf("restart", "shutdown", "ignore")),
} as const;

type ReadyInput = Complete<typeof readyEntries>;
type HealthInput = Complete<typeof healthEntries>;

const READY_KINDS = ["http", "tcp", "exec", "log", "message", "fd", "notify"] as const;
const HEALTH_KINDS = ["http", "tcp", "exec"] as const;
const EXAMPLE = '{ http: "http://127.0.0.1:3000/healthz" }';

export const ready: Field<Ready> = v.pipe(checked(fields(readyEntries, EXAMPLE), readyComplaint), v.transform(toReady));

export const health: Field<Health> = v.pipe(checked(fields(healthEntries, EXAMPLE), healthComplaint), v.transform(toHealth));

function readyComplaint(input: ReadyInput, written: unknown): string | null {
  const used = READY_KINDS.filter((kind) => input[kind] !== undefined);
  if (used.length !== 1) return `expected exactly one of ${READY_KINDS.join(", ")}, got ${gotOf(used, written, READY_KINDS)}`;
  return httpOnly(input);
}

function healthComplaint(input: HealthInput, written: unknown): string | null {
  const used = HEALTH_KINDS.filter((kind) => input[kind] !== undefined);
  if (used.length > 1) return `expected at most one of ${HEALTH_KINDS.join(", ")}, got ${used.join(" and ")}`;
  if (used.length === 0 && input.eventLoop === undefined) {
    return `expected one of ${HEALTH_KINDS.join(", ")}, eventLoop; got ${gotOf(used, written, [...HEALTH_KINDS, "eventLoop"])}`;
  }
  if (input.eventLoop === 0) return '"eventLoop" must be longer than 0';
  return httpOnly(input);
}

function httpOnly(input: ReadyInput | HealthInput): string | null {
  if (input.http !== undefined) return null;
  if (input.status !== undefined) return '"status" goes with "http" only';
  return input.headers === undefined ? null : '"headers" goes with "http" only';
}

function toReady(input: ReadyInput): Ready {
  return {
    probe: outsideProbe(input) ?? insideProbe(input),
    intervalMs: input.interval ?? DEFAULTS.readyIntervalMs,
    tryTimeoutMs: input.tryTimeout ?? DEFAULTS.readyTryTimeoutMs,
    timeoutMs: input.timeout ?? DEFAULTS.readyTimeoutMs,
  };
}

function insideProbe(input: ReadyInput): ReadyProbe {
  if (input.log !== undefined) return input.log;
  if (input.fd !== undefined) return { kind: "fd", fd: input.fd };
  return { kind: input.message === true ? "message" : "notify" };
}

function outsideProbe(input: ReadyInput | HealthInput): HttpProbe | TcpProbe | ExecProbe | null {
  if (input.http !== undefined) {
    return { kind: "http", url: input.http, status: input.status ?? DEFAULTS.httpStatus, headers: input.headers ?? [] };
  }
  if (input.tcp !== undefined) return input.tcp;
  return input.exec === undefined ? null : { kind: "exec", command: input.exec };
}

function toHealth(input: HealthInput): Health {
  return {
    probe: outsideProbe(input),
    eventLoopMs: input.eventLoop ?? null,
    intervalMs: input.interval ?? DEFAULTS.healthIntervalMs,
    timeoutMs: input.timeout ?? DEFAULTS.healthTimeoutMs,
    retries: input.retries ?? DEFAULTS.healthRetries,
    startPeriodMs: input.startPeriod ?? DEFAULTS.healthStartPeriodMs,
    onFailure: input.onFailure ?? DEFAULTS.healthOnFailure,
  };
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}

function tcpProbe(host: string, port: number): TcpProbe | undefined {
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? { kind: "tcp", host, port } : undefined;
}
