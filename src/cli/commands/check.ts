import { escapeControls } from "../../core/escape.ts";
import type { FleetSpec } from "../../core/spec.ts";
import { findConfig } from "../../effects/config/config.ts";
import { loadConfigToRun } from "../../effects/config/config-to-run.ts";
import type { Invocation } from "../command.ts";
import { printJson, say } from "../output.ts";

/** A config with which a start here would end is an error with exit code 2, in the same words; warnings are no error. */
export async function run({ options, global }: Invocation): Promise<number> {
  const file = findConfig({ cwd: process.cwd(), file: global.config, env: process.env });
  const spec = await loadConfigToRun(file, { env: process.env });
  for (const warning of spec.warnings) process.stderr.write(`svc: ${escapeControls(warning)}\n`);
  if (options.has("print") || options.has("json")) printJson(masked(spec));
  else say(global, `${escapeControls(file)}: ${spec.services.length} ${spec.services.length === 1 ? "service" : "services"}, no mistakes`);
  return 0;
}

/** Which variables are set is no secret; to what, may be one. */
function masked(spec: FleetSpec): unknown {
  const services = spec.services.map((service) => ({
    ...service,
    env: service.env.map(([name, value]) => [name, value === null ? null : "***"]),
  }));
  return { ...spec, services };
}
