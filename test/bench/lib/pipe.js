// Named pipes: the kernel's own kind, as between programs in a shell (what Node calls a pipe is a socket), read without polling.
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";

export function makePipe(path) {
  const { status, stderr } = spawnSync("mkfifo", [path], { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot make the pipe ${path}: ${stderr}`);
  return path;
}

/** Meets the end when the last writer has closed it; with `endless` never, as the reader itself holds it open for writing. */
export function readPipe(path, { endless = false } = {}) {
  const fd = openSync(path, (endless ? constants.O_RDWR : constants.O_RDONLY) | constants.O_NONBLOCK);
  try {
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A descriptor to write to, for a child's stdout; to be closed here once the child has it. Needs a reader. */
export function writePipe(path) {
  return openSync(path, constants.O_WRONLY);
}
