import { spawnSync } from "node:child_process";
import { existsSync, fstatSync } from "node:fs";
import { createServer } from "node:net";
import { EXIT, SvcError } from "../../core/errors.ts";

/**
 * Fixed paths, not PATH: two supervisors with different PATHs must take the same kind of lock, or both would win.
 * util-linux is essential on Debian, busybox has it on Alpine.
 */
const PROGRAMS = ["/usr/bin/flock", "/bin/flock", "/usr/local/bin/flock", "/run/current-system/sw/bin/flock"];
const CONFLICT = 1;
const TIMEOUT_MS = 5_000;

/**
 * An exclusive flock(2) on the open file: it belongs to the open file description, which the `flock` program shares for a
 * moment and this process keeps. Node opens with O_CLOEXEC, so services do not inherit it. Resolves to what gives it up
 * (besides closing the file); null where another process holds it.
 */
export async function flock(fd: number, programs: readonly string[] = PROGRAMS): Promise<(() => void) | null> {
  const program = programs.find((path) => existsSync(path));
  if (program === undefined) return bindName(fd);
  const { status, signal, error, stderr } = spawnSync(program, ["-n", "3"], {
    cwd: "/",
    env: {},
    stdio: ["ignore", "ignore", "pipe", fd],
    timeout: TIMEOUT_MS,
    encoding: "utf8",
  });
  if (status === 0) return () => {};
  // busybox ends with 1 for errors too, but says them.
  if (status === CONFLICT && stderr === "") return null;
  const why = error?.message ?? (stderr.trim() || (signal ? `killed by ${signal}` : `exit code ${status}`));
  throw new SvcError(`cannot lock with ${program}: ${why}`, EXIT.failed);
}

/**
 * Without such a program: an abstract socket (unix(7)), whose name is taken by one process at most and is free again when
 * that one ends. Second choice, because such names are shared by all users of a network namespace.
 */
function bindName(fd: number): Promise<(() => void) | null> {
  const { dev, ino } = fstatSync(fd);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(null);
      else reject(new SvcError(`cannot lock: ${error.message}`, EXIT.failed, { cause: error }));
    });
    server.listen({ path: `\0svc-lock-${dev}-${ino}`, exclusive: true }, () => {
      server.unref();
      resolve(() => server.close());
    });
  });
}
