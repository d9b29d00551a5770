import { Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Evaluated, EvaluateRequest } from "../core/config/evaluated.ts";
import { escapeControls } from "../core/escape.ts";
import { readEnvFile } from "../effects/env-files.ts";
import { describeFailure } from "./failure.ts";
import { readConfig } from "./read-config.ts";

/**
 * The program of the short-lived child in which a config is evaluated. It reports one line of JSON on descriptor 3; its
 * parent then kills it, whatever the config has left open.
 */

const NEVER_RESOLVED = "its promise never resolved: nothing is left that could resolve it";

const request = JSON.parse(process.argv[2]!) as EvaluateRequest;
// What a config may look at: itself, as if it had been run.
process.argv.splice(1, process.argv.length, request.file);

const parent = new Socket({ fd: 3 });
let reported = false;

endWithParent();
process.on("uncaughtException", fail);
process.once("beforeExit", () => report({ kind: "failure", reason: NEVER_RESOLVED }));
evaluate().then(report, fail);

async function evaluate(): Promise<Evaluated> {
  const path = join(dirname(request.file), ".env");
  try {
    await loadEnvFile(path);
  } catch (error) {
    return { kind: "failure", reason: `cannot read ${escapeControls(path)}: ${(error as NodeJS.ErrnoException).code}` };
  }
  return readConfig(request);
}

/** Under the real environment: a variable that is set already stays as it is. */
async function loadEnvFile(path: string): Promise<void> {
  for (const [name, value] of await readEnvFile({ path, optional: true })) process.env[name] ??= value;
}

async function fail(error: unknown): Promise<void> {
  report({ kind: "failure", reason: await describeFailure(error, request) });
}

function report(result: Evaluated): void {
  if (reported) return;
  reported = true;
  parent.write(`${JSON.stringify(result)}\n`);
}

/** Should svc be killed, nobody ends this process any more: the pipe tells it, and a timer where the config blocks reading. */
function endWithParent(): void {
  const end = () => process.kill(-process.pid, "SIGKILL");
  parent.on("error", end).on("close", end).unref().resume();
  setTimeout(end, request.timeoutMs + 5000).unref();
}
