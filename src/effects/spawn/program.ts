import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { SpawnError } from "../child.ts";

/** Where execvp looks when the environment has no PATH. */
const DEFAULT_PATH = "/usr/bin:/bin";

/** The kernel reads no more of a `#!` line than this (binfmt_script, BINPRM_BUF_SIZE). */
const HEAD_BYTES = 256;

export interface ProgramRequest {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The absolute path of the program that `argv[0]` names, looked up as execvp would in the child: with a slash relative to
 * `cwd`, without one in the child's own PATH. Done here, so that the errors are exact and the same however the process is
 * then started. Throws a `SpawnError` (ENOENT, EACCES, ENOTDIR, ENOEXEC…) whose subject is the program or the folder.
 */
export function findProgram(request: ProgramRequest): string {
  checkFolder(request.cwd);
  const name = request.argv[0] ?? "";
  const file = name.includes("/") ? checkedPath(name, request.cwd) : searchPath(name, request);
  if (isTextWithoutInterpreter(file)) {
    throw new SpawnError("ENOEXEC", name);
  }
  return file;
}

/**
 * The same path, where posix_spawn tells what is wrong with it: in the usual case nothing is, and a look would be repeated by
 * the kernel. Whoever is refused asks `findProgram` for the reason.
 */
export function presumeProgram(request: ProgramRequest): string {
  const name = request.argv[0] ?? "";
  return name.includes("/") ? resolve(request.cwd, name) : searchPath(name, request);
}

/**
 * What is really missing when a program that exists cannot be started for ENOENT: the interpreter of its `#!` line, or the
 * loader of a binary that was built for another C library.
 */
export function missingInterpreter(file: string): string | null {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    return null;
  }
  const line = /^#![ \t]*([^ \t\r\n]+)/.exec(readHead(file)?.toString("latin1") ?? "");
  return line?.[1] ?? "its loader (it was built for another C library)";
}

function checkFolder(cwd: string): void {
  const code = accessError(cwd, (isDirectory) => (isDirectory ? null : "ENOTDIR"));
  if (code !== null) {
    throw new SpawnError(code, cwd, "surroundings");
  }
}

function checkedPath(name: string, cwd: string): string {
  const file = resolve(cwd, name);
  const code = programError(file);
  if (code !== null) {
    throw new SpawnError(code, name);
  }
  return file;
}

function searchPath(name: string, request: ProgramRequest): string {
  let refused = "ENOENT";
  const folders = name === "" ? [] : (request.env.PATH ?? DEFAULT_PATH).split(":");
  for (const folder of folders) {
    const file = folder.startsWith("/") ? `${folder}/${name}` : resolve(request.cwd, folder, name);
    const code = programError(file);
    if (code === null) {
      return file;
    }
    // A later folder may hold one that can be run; if none does, "not allowed" says more than "not found".
    if (code === "EACCES") {
      refused = code;
    }
  }
  throw new SpawnError(refused, name);
}

/** execve says EACCES for a folder and for a file without the execute bit. */
function programError(file: string): string | null {
  return accessError(file, (isDirectory) => (isDirectory ? "EACCES" : null));
}

function accessError(path: string, judge: (isDirectory: boolean) => string | null): string | null {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) {
      return hasFileAsFolder(path) ? "ENOTDIR" : "ENOENT";
    }
    const wrongKind = judge(stats.isDirectory());
    if (wrongKind === null) accessSync(path, constants.X_OK);
    return wrongKind;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "EACCES";
  }
}

/** `throwIfNoEntry: false` hides ENOTDIR behind the same undefined as ENOENT. */
function hasFileAsFolder(path: string): boolean {
  const parent = statSync(resolve(path, ".."), { throwIfNoEntry: false });
  return parent !== undefined && !parent.isDirectory();
}

/**
 * execvp of some C libraries runs a text file without `#!` through sh, others and posix_spawn refuse it. svc always refuses,
 * so that a config means the same everywhere. A binary of unknown kind is left to the kernel (binfmt_misc may know it).
 */
function isTextWithoutInterpreter(file: string): boolean {
  const head = readHead(file);
  return head !== null && !head.includes(0) && head.toString("latin1", 0, 2) !== "#!";
}

/** null for a program that may be run and not read. */
function readHead(file: string): Buffer | null {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}
