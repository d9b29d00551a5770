import type { Backoff } from "./spec.ts";

/** Every default of the config, in milliseconds and bytes. Those marked as the contract's are promised in the README. */
export const DEFAULTS = {
  /** One deadline for stopping everything, under the 10 s that Docker gives (contract). */
  shutdownTimeoutMs: 9000,
  /** Restart after a crash, not after a success (contract). */
  restart: "on-failure",
  /** Exit codes that are no failure. */
  successExitCodes: [0],
  /** 500 ms, doubled up to 30 s, lengthened by 0–10 %, forgotten after 30 s of `running` (contract). */
  backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0.1, resetAfterMs: 30_000 } satisfies Backoff,
  /** The polite signal of a stop (contract). */
  stopSignal: "SIGTERM",
  /** From the stop signal to SIGKILL (contract). */
  stopTimeoutMs: 5000,
  /** Whom a command's stop signal reaches (contract). */
  stopTarget: "group",
  /** Whom a TypeScript service's stop signal reaches: a job's own child is not to be killed first (contract). */
  runnerStopTarget: "main",
  /** A stop ends everything that the service started. */
  stopTree: true,
  /** From the end of one readiness try to the next (contract). */
  readyIntervalMs: 500,
  /** How long one readiness try may take (contract). */
  readyTryTimeoutMs: 2000,
  /** How long a service may take to become ready (contract). */
  readyTimeoutMs: 30_000,
  /** From one health check to the next (contract). */
  healthIntervalMs: 10_000,
  /** How long one health check may take (contract). */
  healthTimeoutMs: 2000,
  /** Failures in a row until a service is unhealthy (contract). */
  healthRetries: 3,
  /** Failures in this time after the start do not count (contract). */
  healthStartPeriodMs: 0,
  /** What follows when a service is unhealthy (contract). */
  healthOnFailure: "restart",
  /** HTTP statuses that pass a check, both ends included (contract). */
  httpStatus: [200, 399],
  /** Where a TCP check without a host connects to. */
  tcpHost: "127.0.0.1",
  /** A run that is due while the last one goes on is left out. */
  overlap: "skip",
  /** `every` starts its first run at once (contract). */
  runOnStart: true,
  /** A log file is rotated at 10 MB. */
  logMaxSize: 10 * 1024 ** 2,
  /** How many files of one log are kept, the current one included. */
  logMaxFiles: 5,
  /** All files of one log together. */
  logMaxTotal: 500 * 1024 ** 2,
  /** Rotated files stay readable by any tool. */
  logCompress: false,
} as const;

/** How long the evaluation of a config may take, in milliseconds (contract; SVC_CONFIG_TIMEOUT). */
export const CONFIG_TIMEOUT_MS = 30_000;

/** Of one service. */
export const MOST_INSTANCES = 10_000;
export const LAST_PORT = 65_535;
