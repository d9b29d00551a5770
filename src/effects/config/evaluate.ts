import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { Evaluated, EvaluateRequest } from "../../core/config/evaluated.ts";
import { formatDuration } from "../../core/duration.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import { markerName } from "../../core/marker.ts";
import { cureFor } from "../../core/shortage.ts";
import { lifeId } from "../life-id.ts";
import { readPrinted } from "../log/printed-lines.ts";
import { ownFile } from "../own-files.ts";
import { claimCacheFolder } from "../ownership/places.ts";
import { readStat } from "../proc/proc.ts";
import { QUIET_LOADING } from "../spawn/quiet-loading.ts";
import { glance } from "../tree/glance.ts";
import { treeOf } from "../tree/members.ts";
import { killGroupOf } from "../tree/signal.ts";
import type { EvaluationCare } from "./care.ts";

const SCRIPT = ownFile("host/evaluate.cjs");

export interface Evaluation {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Default: a keeper for this one evaluation. */
  readonly care?: EvaluationCare | undefined;
  /** The descriptor of this process to which the config's own output goes. Default: stderr. */
  readonly output?: number | undefined;
  /** Gets the lines of the config's own output, which then goes to no descriptor. */
  readonly onPrinted?: ((line: string) => void) | undefined;
}

/**
 * Runs the evaluator in a process group of its own, which is killed as soon as there is a result, with what has left it. Rejects
 * with a `SvcError` (exit 1) only where svc is short of something: that says nothing against the config.
 */
export async function evaluateConfig(evaluation: Evaluation): Promise<Evaluated> {
  if (evaluation.signal?.aborted) return CANCELLED;
  let child: ChildProcess | null = null;
  try {
    const mark = markerName(lifeId());
    child = startEvaluator(evaluation, mark);
    if (child.pid === undefined) throw (await once(child, "error"))[0];
    return await resultOf(child, { pid: child.pid, mark, evaluation });
  } catch (error) {
    if (child !== null) killGroup(child);
    const hint = cureFor(error);
    if (hint === null) throw error;
    const what = `cannot evaluate the config ${escapeControls(evaluation.file)}: ${(error as Error).message}`;
    throw new SvcError(what, EXIT.failed, { hint, cause: error });
  }
}

interface Begun {
  readonly pid: number;
  readonly mark: string;
  readonly evaluation: Evaluation;
}

async function resultOf(child: ChildProcess, { pid, mark, evaluation }: Begun): Promise<Evaluated> {
  const ended = endOf(child);
  // Loaded here because a start has its own, and is to read as little as can be before its evaluator runs.
  const care = evaluation.care ?? (await import("./care.ts")).careAlone(evaluation.env);
  const tree = treeOf({ pid, start: readStat(pid)?.start ?? 0 }, `${mark}=${MARKED}`);
  const tag = tagOf(pid);
  const onGone = care.started({ ...tree.main, mark, tag });
  void care.ready.then(() => letRun(child));
  const printed = evaluation.onPrinted && readPrinted([child.stdout!, child.stderr!], evaluation.onPrinted);
  const result = await firstResult(child, ended, evaluation);
  // What has cleared its environment is known as a descendant only while its parent lives.
  for (const seen of glance(tree)) tree.remembered.set(seen.pid, seen.start);
  killGroup(child);
  for (const end of child.stdio.slice(3)) end?.destroy();
  await ended;
  await care.endTree(tree, tag);
  await printed?.();
  await onGone();
  return result;
}

/** The value of the marker by which the processes of an evaluation are known. */
const MARKED = "config";
const CANCELLED: Evaluated = { kind: "failure", reason: "its evaluation was cancelled" };

function startEvaluator({ file, env, timeoutMs, onPrinted, output = 2 }: Evaluation, mark: string): ChildProcess {
  const request: EvaluateRequest = { file, timeoutMs, mark, cacheDir: claimCacheFolder({ env, uid: process.getuid?.() ?? 0 }) };
  const printed = onPrinted === undefined ? output : "pipe";
  return spawn(process.execPath, [...QUIET_LOADING, SCRIPT, JSON.stringify(request)], {
    cwd: dirname(file),
    env: { ...env, [mark]: MARKED },
    detached: true,
    // The config's own output must not mix with what `svc check --print` or `svc list` write to stdout.
    stdio: Object.assign(Array<"ignore">(TAG_FD + 1).fill("ignore"), { 1: printed, 2: printed, 3: "pipe", [TAG_FD]: "pipe" }),
  });
}

/**
 * A descriptor that the evaluator hands on to all that it starts. By it an orphan is known that has left its session and cleared
 * its environment. Above 15, and with none below it, because Node closes in its children what it has inherited up to the first
 * gap from there (uv_disable_stdio_inheritance).
 */
const TAG_FD = 20;

/** The number of the socket in its place. */
function tagOf(pid: number): number | undefined {
  try {
    const [, number] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${TAG_FD}`)) ?? [];
    return number === undefined ? undefined : Number(number);
  } catch {
    return undefined;
  }
}

/** Should svc end before this, the evaluator reads the end of the pipe instead, and ends as well. */
function letRun(child: ChildProcess): void {
  (child.stdio[3] as Writable | null | undefined)?.write("!");
}

/** How the child ended, in words; what it has left in its group is killed then. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      killGroup(child);
      const how = signal === null ? `ended with exit code ${code} (does it call process.exit?)` : `was killed by ${signal}`;
      resolve(`its evaluation ${how} before there was a config`);
    });
  });
}

function firstResult(child: ChildProcess, ended: Promise<string>, evaluation: Evaluation): Promise<Evaluated> {
  const { timeoutMs, signal } = evaluation;
  const reported = readReport(child);
  return new Promise((resolve) => {
    const settle = (result: Evaluated) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      resolve(result);
    };
    const cancel = () => settle(CANCELLED);
    const late = () => settle({ kind: "failure", reason: `its evaluation did not finish in ${formatDuration(timeoutMs)}` });
    const timer = setTimeout(late, timeoutMs);
    signal?.addEventListener("abort", cancel);
    reported.then((report) => report && settle(report));
    // A report may still be in the pipe when its writer has ended.
    ended.then(async (reason) => settle((await reported) ?? { kind: "failure", reason }));
  });
}

/** null where the pipe ends without a whole report. */
async function readReport(child: ChildProcess): Promise<Evaluated | null> {
  const pipe = child.stdio[3] as Readable | null | undefined;
  if (!pipe) return null;
  const chunks: Buffer[] = [];
  pipe.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunk.includes("\n")) pipe.destroy();
  });
  // A reset is an end without a report, too.
  pipe.on("error", () => pipe.destroy());
  if (!pipe.closed) await once(pipe, "close");
  const [line, rest] = Buffer.concat(chunks).toString("utf8").split("\n");
  return rest === undefined ? null : (JSON.parse(line!) as Evaluated);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) killGroupOf(pid);
}
