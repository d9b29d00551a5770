import { resolve } from "node:path";
import { EXIT } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { applyingConfig } from "../../effects/config/find.ts";
import { examine, type Finding } from "../../effects/doctor.ts";
import { surroundings } from "../../effects/ownership/places.ts";
import type { Invocation } from "../command.ts";
import { print, printJson } from "../output.ts";

/** Exit code 1 where something is missing; svc may still do all that this machine is used for. */
export async function run({ options, global }: Invocation): Promise<number> {
  const cwd = process.cwd();
  const config = applyingConfig({ cwd, file: global.config, env: process.env }) ?? resolve(cwd, "services.ts");
  const findings = examine(config, surroundings());
  if (options.has("json")) printJson(findings);
  else {
    const shown = global.quiet ? findings.filter(({ ok }) => !ok) : findings;
    if (shown.length > 0) print(shown.map(lineOf).join("\n"));
  }
  return findings.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}

const WHAT_WIDTH = 16;

function lineOf({ what, ok, is, cure }: Finding): string {
  const line = `${ok ? "ok     " : "missing"}  ${what.padEnd(WHAT_WIDTH)}${escapeControls(is)}`;
  return cure === null ? line : `${line}\n${" ".repeat("missing  ".length + WHAT_WIDTH)}${cure}`;
}
