import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { codeFrame, placeAt } from "../core/config/code-frame.ts";
import type { Evaluated, EvaluateRequest } from "../core/config/evaluated.ts";
import { findJsonFault } from "../core/config/json-fault.ts";
import { formatProblems } from "../core/config/problem.ts";
import { parseProcfile } from "../core/config/procfile.ts";
import { resolveConfig } from "../core/config/resolve.ts";
import { digest } from "../core/digest.ts";
import { isProcfile } from "../effects/config/find.ts";
import { defaultExport, loadModule } from "../effects/config/load-module.ts";

/** Reads a config of any kind and validates it. Rejects with whatever the config itself throws. */
export async function readConfig(request: EvaluateRequest): Promise<Evaluated> {
  const { file } = request;
  const source = readSource(file);
  if (typeof source !== "string") return source;
  if (source.trim() === "") return { kind: "failure", reason: "the file is empty" };
  if (isProcfile(file)) {
    const parsed = parseProcfile(source);
    return "raw" in parsed ? validate(parsed.raw, file) : { kind: "problems", lines: formatProblems(parsed.problems) };
  }
  if (file.endsWith(".json")) return readJson(file, source.replace(/^\uFEFF/, ""));
  return evaluate(request);
}

function readSource(file: string): string | Evaluated {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return { kind: "failure", reason: `cannot read it: ${(error as NodeJS.ErrnoException).code}` };
  }
}

function readJson(file: string, source: string): Evaluated {
  try {
    return validate(JSON.parse(source), file);
  } catch (error) {
    const fault = findJsonFault(source);
    if (!fault) throw error;
    return { kind: "failure", reason: `${fault.text}\n${codeFrame(placeAt(file, source, fault.offset), source)}` };
  }
}

async function evaluate({ file, cacheDir }: EvaluateRequest): Promise<Evaluated> {
  const exported = defaultExport(await loadModule(file, { cacheDir }));
  if (exported === undefined) {
    return { kind: "failure", reason: "it has no default export; write `export default defineConfig({ services: { … } })`" };
  }
  const raw: unknown = await (typeof exported === "function" ? exported() : exported);
  return validate(raw, file);
}

/** A file that is not there is said when its service starts. */
function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function validate(raw: unknown, file: string): Evaluated {
  const resolved = resolveConfig(raw, {
    file,
    folder: dirname(file),
    resolvePath: resolve,
    hash: digest,
    readText,
  });
  if ("spec" in resolved) return { kind: "spec", spec: resolved.spec };
  return { kind: "problems", lines: formatProblems(resolved.problems) };
}
