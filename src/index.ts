export type {
  BackoffConfig,
  CommandText,
  Duration,
  LimitsConfig,
  LogFileConfig,
  MaxRestartsConfig,
  Size,
  StopConfig,
} from "./core/config/part-types.ts";
export type { HealthConfig, ReadyConfig } from "./core/config/probe-types.ts";
export type { LogFields, Service, ServiceClass, ServiceContext, ServiceFunction, ServiceLogger } from "./core/config/service-types.ts";
export type { Condition, Config, ConfigSource, EnvValue, ServiceConfig } from "./core/config/types.ts";
export { SvcError } from "./core/errors.ts";
export type { LogRecord } from "./core/protocol.ts";
export type { Row } from "./core/row.ts";
export { type RunnerChange, type RunnerOptions, type RunnerService, ServiceRunner } from "./supervisor/app/runner.ts";

import type { ConfigSource } from "./core/config/types.ts";

/**
 * Gives a config its types: completion, documentation and errors in the editor. It returns what it is given; nothing is
 * checked or started.
 *
 * @example
 * export default defineConfig({ services: { web: { command: "node server.js" } } });
 */
export function defineConfig(config: ConfigSource): ConfigSource {
  return config;
}
