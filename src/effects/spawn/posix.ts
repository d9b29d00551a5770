import { closeSync } from "node:fs";
import { LISTENING_FD } from "../../core/listening.ts";
import { type Child, type Spawn, SpawnError, type SpawnRequest } from "../child.ts";
import type { Native, Pipe } from "../native/native.ts";
import { readStat } from "../proc/proc.ts";
import { spawnNode } from "./node.ts";
import { openPipe } from "./pipe-reader.ts";
import { startPosix } from "./posix-start.ts";
import { presumeProgram } from "./program.ts";
import type { Reaper } from "./reaper.ts";

export interface PosixSpawnerOptions {
  readonly native: Pick<Native, "posixSpawn" | "openPipe">;
  readonly reaper: Pick<Reaper, "exitOf">;
}

/**
 * The start of a process through posix_spawn(3). The memory of svc is not copied for it, so it takes a third of the time of
 * `node:child_process`, and a sixth of the processor time. Deaths by real-time signals are told as such (`SIG40`).
 */
export function createPosixSpawner({ native, reaper }: PosixSpawnerOptions): Spawn {
  return async (request) => {
    // The channel's protocol is Node's own.
    if (request.ipc) return spawnNode(request);
    request.signal?.throwIfAborted();
    const file = presumeProgram(request);
    const pipes = openPipes(native, request);
    const pid = launch(native, request, file, pipes);
    return describe(pid, request, pipes, reaper);
  };
}

/** stdout, stderr, and `notifyFd` where it is asked for. */
function openPipes(native: Pick<Native, "openPipe">, request: SpawnRequest): Pipe[] {
  const count = request.notifyFd === undefined ? 2 : 3;
  const pipes: Pipe[] = [];
  try {
    while (pipes.length < count) pipes.push(native.openPipe());
    return pipes;
  } catch (error) {
    for (const { read, write } of pipes) [read, write].forEach(closeSync);
    throw new SpawnError((error as NodeJS.ErrnoException).code ?? "EMFILE", request.argv[0] ?? "");
  }
}

/** Whatever comes of it, the child's ends are closed here; after a failure the others too. */
function launch(native: Pick<Native, "posixSpawn">, request: SpawnRequest, file: string, pipes: readonly Pipe[]): number {
  try {
    return spawn(native, request, file, pipes);
  } catch (error) {
    for (const { read } of pipes) closeSync(read);
    throw error;
  } finally {
    for (const { write } of pipes) closeSync(write);
  }
}

function spawn(native: Pick<Native, "posixSpawn">, request: SpawnRequest, file: string, pipes: readonly Pipe[]): number {
  // That of `notifyFd` may be on any number, also on that of another pipe's end: that one is in its place by then. No number
  // that it can have is that of a listener, see native-socket.ts.
  const targets = request.notifyFd === undefined ? [1, 2] : [1, 2, request.notifyFd];
  const outputs = targets.map((to, index) => [pipes[index]!.write, to] as const);
  const descriptors = request.listener === undefined ? outputs : [...outputs, [request.listener, LISTENING_FD] as const];
  return startPosix(native, { program: request, file, descriptors, session: true });
}

function describe(pid: number, request: SpawnRequest, pipes: readonly Pipe[], reaper: Pick<Reaper, "exitOf">): Child {
  const exited = reaper.exitOf(pid);
  // Nobody waits for it before the next turn, so even one that is dead already still has its entry.
  const start = readStat(pid)?.start ?? 0;
  const [stdout, stderr, notify] = pipes.map(({ read }) => openPipe(read).on("error", ignore));
  return { pid, start, stdout: stdout!, stderr: stderr!, notify: request.notifyFd === undefined ? null : notify!, channel: null, exited };
}

/** A pipe may fail while nobody has begun to read it. */
function ignore(): void {}
