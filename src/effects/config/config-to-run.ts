import type { FleetSpec } from "../../core/spec.ts";
import { type LoadConfigOptions, loadConfig } from "./config.ts";

/** A config that can run on this machine: its users and groups exist here, too. Otherwise a `SvcError` (exit 2). */
export async function loadConfigToRun(file: string, options: LoadConfigOptions): Promise<FleetSpec> {
  const spec = await loadConfig(file, options);
  const named = spec.services.some(({ user, group }) => user !== null || group !== null);
  if (named) (await import("../spawn/check-accounts.ts")).checkAccounts(spec);
  return spec;
}
