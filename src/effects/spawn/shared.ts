import { type ChildProcess, spawn } from "node:child_process";
import type { Exit } from "../child.ts";
import type { Native } from "../native/native.ts";
import { spawnError } from "./error.ts";
import { startPosix } from "./posix-start.ts";
import { findProgram, type ProgramRequest } from "./program.ts";
import type { Reaper } from "./reaper.ts";

/** A process that has svc's own standard input and outputs. */
export interface SharingChild {
  readonly pid: number;
  readonly exited: Promise<Exit>;
}

export interface SharingRequest extends ProgramRequest {
  /** Whether it leads a session, and so a group, of its own; else it shares svc's, and with it the terminal. */
  readonly session: boolean;
}

export interface NativeStart {
  readonly native: Pick<Native, "posixSpawn">;
  readonly reaper: Pick<Reaper, "exitOf">;
}

/**
 * Starts a process before it returns; rejects with a `SpawnError` where it cannot start. Without the native part a death by a
 * real-time signal (32–64) is reported as exit 0.
 */
export async function spawnSharing(request: SharingRequest, native: NativeStart | null): Promise<SharingChild> {
  const file = findProgram(request);
  return native === null ? byNode(request, file) : byPosix(request, file, native);
}

/** Node has made its own descriptors such that no child inherits them, so these are given by name. */
const STANDARD = [0, 1, 2].map((fd) => [fd, fd] as const);

function byPosix(request: SharingRequest, file: string, { native, reaper }: NativeStart): SharingChild {
  const pid = startPosix(native, { program: request, file, descriptors: STANDARD, session: request.session });
  return { pid, exited: reaper.exitOf(pid) };
}

async function byNode(request: SharingRequest, file: string): Promise<SharingChild> {
  const { argv, cwd, env, session } = request;
  const child = start(() => spawn(file, argv.slice(1), { argv0: argv[0], cwd, env, detached: session, stdio: "inherit" }), request, file);
  const failed = new Promise<Error>((resolve) => child.on("error", resolve));
  if (child.pid === undefined) throw spawnError(codeOf(await failed), request, file);
  const exited = new Promise<Exit>((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  return { pid: child.pid, exited };
}

function start(call: () => ChildProcess, request: SharingRequest, file: string): ChildProcess {
  try {
    return call();
  } catch (error) {
    throw spawnError(codeOf(error), request, file);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "EINVAL";
}
