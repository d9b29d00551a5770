import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable } from "node:stream";
import { LISTENING_FD } from "../../core/listening.ts";
import { type Channel, type Child, type Exit, type Spawn, SpawnError, type SpawnRequest } from "../child.ts";
import { readStat } from "../proc/proc.ts";
import { spawnError } from "./error.ts";
import { findProgram } from "./program.ts";

/**
 * The start of a process through `node:child_process`: everywhere, without native code. Node forks the whole supervisor and
 * waits for the exec, so this blocks for some milliseconds; `createSpawner` spreads many starts over the event loop's turns.
 * Node reports a death by a real-time signal (32–64) as exit 0; it cannot be told apart here.
 */
export const spawnNode: Spawn = async (request) => {
  request.signal?.throwIfAborted();
  const file = findProgram(request);
  checkDescriptors(request);
  const child = launch(request, file);
  // Later errors (a failed kill) concern nobody: whoever signals looks at the result. Unheard, they would end svc.
  child.on("error", ignore);
  if (child.pid === undefined) {
    throw spawnError(codeOf(await nextError(child)), request, file);
  }
  return describe(child, child.pid, request);
};

function launch(request: SpawnRequest, file: string): ChildProcess {
  try {
    return spawn(file, request.argv.slice(1), {
      argv0: request.argv[0],
      cwd: request.cwd,
      env: request.env,
      detached: true,
      stdio: stdio(request),
    });
  } catch (error) {
    throw spawnError(codeOf(error), request, file);
  }
}

/** The channel takes the first descriptor that nothing else is to have; what stays free below the highest is closed in the child. */
function stdio({ notifyFd, listener, ipc }: SpawnRequest): StdioOptions {
  const places = new Map<number, number | "ignore" | "pipe" | "ipc">([[0, "ignore"], ...OUTPUTS]);
  if (listener !== undefined) places.set(LISTENING_FD, listener);
  if (notifyFd !== undefined) places.set(notifyFd, "pipe");
  let free = 3;
  while (places.has(free)) free += 1;
  if (ipc) places.set(free, "ipc");
  return Array.from({ length: Math.max(...places.keys()) + 1 }, (_, fd) => places.get(fd) ?? "ignore");
}

const OUTPUTS = [1, 2].map((fd) => [fd, "pipe"] as const);

function describe(child: ChildProcess, pid: number, request: SpawnRequest): Child {
  // Node waits for its children only in the event loop, so even one that is dead already still has its entry.
  const start = readStat(pid)?.start ?? 0;
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code: signal === null ? code : null, signal }));
  });
  const notify = request.notifyFd === undefined ? null : quiet(child.stdio[request.notifyFd]);
  const channel = request.ipc ? channelOf(child) : null;
  const [stdout, stderr] = [quiet(child.stdout), quiet(child.stderr)];
  // At the exit Node resumes every stream that it still finds here. One that is paused because svc's own reader stalls, or
  // that nobody listens to yet, would lose what it holds.
  (child.stdio as unknown[]).fill(null);
  return { pid, start, stdout, stderr, notify, channel, exited };
}

function channelOf(child: ChildProcess): Channel {
  let early: unknown[] | null = [];
  let listener = (message: unknown): void => void early?.push(message);
  child.on("message", (message) => listener(message));
  return {
    send: (message) => void (child.connected && child.send(message, ignore)),
    onMessage: (next) => {
      listener = next;
      for (const message of early ?? []) next(message);
      early = null;
    },
  };
}

/** A pipe may fail while nobody has begun to read it. */
function quiet(stream: unknown): Readable {
  return (stream as Readable).on("error", ignore);
}

function ignore(): void {}

function nextError(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => child.once("error", resolve));
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "EINVAL";
}

/**
 * Where descriptors run out inside Node's spawn, the handles of the pipes that it had prepared are never closed. So what it
 * needs is opened and closed here first: two for each pipe, two for its report of the exec, one for the look at /proc.
 */
function checkDescriptors(request: SpawnRequest): void {
  const needed = (2 + Number(request.notifyFd !== undefined) + Number(request.ipc ?? false)) * 2 + 3;
  needDescriptors(needed, request.argv[0] ?? "");
}

/** Throws a `SpawnError` where so many cannot be opened now. */
export function needDescriptors(needed: number, subject: string): void {
  const held: number[] = [];
  try {
    while (held.length < needed) {
      held.push(openSync("/dev/null", "r"));
    }
  } catch (error) {
    throw new SpawnError((error as NodeJS.ErrnoException).code ?? "EMFILE", subject);
  } finally {
    held.forEach(closeSync);
  }
}
