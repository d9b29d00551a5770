import { readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Evaluated, EvaluateRequest } from "../core/config/evaluated.ts";
import { escapeControls } from "../core/escape.ts";
import { readEnvFile } from "../effects/config/env-files.ts";
import { describeFailure } from "./failure.ts";
import { readConfig } from "./read-config.ts";

/**
 * The program of the short-lived child in which a config is evaluated. It reports one line of JSON on descriptor 3; its
 * parent then kills it, whatever the config has left open.
 */

/** An evaluation that takes longer is watched. */
const UNWATCHED_MS = 200;
const NEVER_RESOLVED = "its promise never resolved: nothing is left that could resolve it";

const request = JSON.parse(process.argv[2]!) as EvaluateRequest;
// What a config may look at: itself, as if it had been run.
process.argv.splice(1, process.argv.length, request.file);

const PARENT = 3;
let reported = false;

setTimeout(endWithParent, UNWATCHED_MS).unref();
process.on("uncaughtException", fail);
process.once("beforeExit", () => report({ kind: "failure", reason: NEVER_RESOLVED }));
waitForSvc();
evaluate().then(report, fail);

/** Until it knows of this process, and could end all that the config starts. The end of the pipe is the end of svc. */
function waitForSvc(): void {
  if (readSync(PARENT, Buffer.alloc(1)) === 0) end();
}

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
  const text = JSON.stringify(result);
  writeWhole(Buffer.from(`${text.includes(request.mark) ? JSON.stringify(result, withoutMark) : text}\n`));
}

/** As a key, and as the name of a pair. */
function withoutMark(key: string, value: unknown): unknown {
  if (key === request.mark) return undefined;
  return Array.isArray(value) ? value.filter((one) => !Array.isArray(one) || one[0] !== request.mark) : value;
}

/** Once the pipe is watched it no longer blocks; its reader is svc, which reads at once. */
function writeWhole(line: Buffer): void {
  for (let at = 0; at < line.length; ) {
    try {
      at += writeSync(PARENT, line, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

/**
 * Should svc be killed, nobody ends this process any more: the pipe tells it, and a timer where the config blocks reading. Most
 * evaluations are over before this is asked for: node:net takes 5 ms to load.
 */
async function endWithParent(): Promise<void> {
  const { Socket } = await import("node:net");
  new Socket({ fd: PARENT, writable: false }).on("error", end).on("close", end).unref().resume();
  setTimeout(end, request.timeoutMs + 5000).unref();
}

function end(): void {
  process.kill(-process.pid, "SIGKILL");
}
