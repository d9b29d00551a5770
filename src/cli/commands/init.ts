import { readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { formatProblems } from "../../core/config/problem.ts";
import { parseProcfile } from "../../core/config/procfile.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { type FirstService, firstConfig, servicesOfPackage } from "../../core/init-config.ts";
import { applyingConfig, isProcfile } from "../../effects/config/find.ts";
import type { Invocation } from "../command.ts";
import { say } from "../output.ts";
import { textOption } from "../values.ts";

const NAME = "services.ts";

export async function run(invocation: Invocation): Promise<number> {
  const from = textOption(invocation, "from") ?? null;
  const cwd = process.cwd();
  const present = applyingConfig({ cwd, env: {} });
  // A Procfile is what one comes from: services.ts is found before it.
  if (present !== null && !(isProcfile(present) && from !== null)) {
    const hint = isProcfile(present)
      ? "`svc start` runs it as it is; `svc init --from Procfile` takes it over"
      : "`svc check` validates it";
    throw new SvcError(`there is a config already: ${escapeControls(present)}`, EXIT.failed, { hint });
  }
  const services = from === null ? [] : read(resolve(cwd, from), from);
  const path = resolve(cwd, NAME);
  try {
    writeFileSync(path, firstConfig(services, from === null ? null : escapeControls(from)), { flag: "wx" });
  } catch (error) {
    throw new SvcError(`cannot write ${escapeControls(path)}: ${(error as Error).message}`, EXIT.failed);
  }
  say(invocation.global, `wrote ${NAME}; svc check validates it, svc start runs it`);
  return EXIT.done;
}

function read(path: string, as: string): readonly FirstService[] {
  const text = textOf(path, as);
  if (isProcfile(path)) return fromProcfile(text, as);
  if (basename(path) === "package.json") return fromPackage(text, as);
  throw new SvcError(`--from: "${escapeControls(as)}" is neither a Procfile nor a package.json`, EXIT.usage);
}

function textOf(path: string, as: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SvcError(`--from: cannot read ${escapeControls(as)}: ${(error as NodeJS.ErrnoException).code}`, EXIT.usage);
  }
}

function fromProcfile(text: string, as: string): readonly FirstService[] {
  const parsed = parseProcfile(text);
  if ("problems" in parsed) {
    throw new SvcError(`--from: cannot use ${escapeControls(as)}:\n  ${formatProblems(parsed.problems).join("\n  ")}`, EXIT.usage);
  }
  const { services } = parsed.raw as { readonly services: Readonly<Record<string, { readonly command: string }>> };
  const taken = Object.entries(services).map(([name, { command }]) => ({ name, command }));
  if (taken.length === 0) throw new SvcError(`--from: ${escapeControls(as)} has no services`, EXIT.usage);
  return taken;
}

function fromPackage(text: string, as: string): readonly FirstService[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new SvcError(`--from: ${escapeControls(as)} is no JSON: ${(error as Error).message}`, EXIT.usage);
  }
  const services = servicesOfPackage(json);
  if (services === null) throw new SvcError(`--from: ${escapeControls(as)} has no scripts`, EXIT.usage);
  return services;
}
