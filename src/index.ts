export type {
  BackoffConfig,
  CommandText,
  Condition,
  Config,
  ConfigSource,
  Duration,
  EnvValue,
  HealthConfig,
  LogFileConfig,
  MaxRestartsConfig,
  ReadyConfig,
  ServiceConfig,
  Size,
  StopConfig,
} from "./core/config/types.ts";

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
