import { lstatSync, rmSync, type Stats } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { EXIT, SvcError } from "../../core/errors.ts";
import type { Hello } from "../../core/methods.ts";
import { RPC_ERROR, RPC_LIMITS } from "../../core/protocol.ts";
import { fitsSocketPath, MAX_SOCKET_PATH_BYTES } from "../ownership/places.ts";
import type { Handler } from "./dispatch.ts";
import { type Session, startSession } from "./session.ts";

export interface ControlServerOptions {
  readonly path: string;
  /** By name; `hello` is answered by the server itself. */
  readonly methods: ReadonlyMap<string, Handler>;
  readonly hello: Hello;
  /** True for the socket in the own runtime folder, which the lock protects: what lies there is a dead one's. Default: false. */
  readonly owned?: boolean;
  /** An unexpected throw of a handler, or a failed accept: the supervisor says it, and goes on. */
  readonly onFault: (error: unknown) => void;
  /** Default: the contract's limits. */
  readonly limits?: Partial<Limits>;
}

export interface Limits {
  readonly clients: number;
  readonly firstLineMs: number;
}

export interface ControlServer {
  readonly path: string;
  /** Lets the replies that are on their way out go, then drops all clients. Resolves when the socket is gone. */
  close(): Promise<void>;
}

/** A reply that a client does not take in this time is lost when the supervisor ends. */
const CLOSE_GRACE_MS = 500;
const PROBE_MS = 2_000;

/** Listens with mode 0600. A `SvcError` with exit code 1 or 2 where the path cannot be used. */
export async function createControlServer(options: ControlServerOptions): Promise<ControlServer> {
  await makeRoom(options.path, options.owned ?? false);
  const sessions = new Set<Session>();
  const limits: Limits = { clients: RPC_LIMITS.clients, firstLineMs: RPC_LIMITS.firstLineMs, ...options.limits };
  const methods = new Map<string, Handler>([...options.methods, ["hello", () => options.hello]]);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (sessions.size >= limits.clients) return refuse(socket, limits.clients);
    const session = startSession(socket, { methods, patienceMs: limits.firstLineMs, onFault: options.onFault });
    sessions.add(session);
    session.signal.addEventListener("abort", () => sessions.delete(session), { once: true });
  });
  await listen(server, options.path);
  // Accepting fails while file descriptors are short (EMFILE): the client sees a closed connection, and svc goes on.
  server.on("error", options.onFault);
  return { path: options.path, close: () => close(server, sessions) };
}

function refuse(socket: Socket, clients: number): void {
  socket.on("error", () => {});
  const error = { code: RPC_ERROR.base - EXIT.failed, message: `too many clients: at most ${clients} at once` };
  socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: null, error: { ...error, data: { exitCode: EXIT.failed, hint: null } } })}\n`);
  socket.destroySoon();
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new SvcError(`cannot listen on ${path}: ${error.message}`, EXIT.failed, { cause: error }));
    });
    // The socket never exists with a wider mode: listen() binds within this call.
    const before = process.umask(0o177);
    try {
      server.listen(path, () => resolve());
    } finally {
      process.umask(before);
    }
  });
}

/** Removes a dead supervisor's socket; anything else that stands at the path is refused and stays. */
async function makeRoom(path: string, owned: boolean): Promise<void> {
  if (!fitsSocketPath(path)) {
    throw new SvcError(`cannot listen on ${path}: the path is longer than ${MAX_SOCKET_PATH_BYTES} bytes`, EXIT.usage, {
      hint: "name a shorter one with --socket",
    });
  }
  const found = look(path);
  if (!found) return;
  if (!found.isSocket()) {
    throw new SvcError(`cannot listen on ${path}: it exists and is no socket`, EXIT.usage, { hint: "name another path with --socket" });
  }
  if (!owned && (await answers(path))) {
    throw new SvcError(`cannot listen on ${path}: another process listens there`, EXIT.failed, { hint: "name another path with --socket" });
  }
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new SvcError(`cannot replace the socket ${path}: ${(error as Error).message}`, EXIT.failed, { cause: error });
  }
}

/** Undefined where nothing stands there, though it could. */
function look(path: string): Stats | undefined {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found) lstatSync(dirname(path));
    return found;
  } catch (error) {
    throw new SvcError(`cannot listen on ${path}: ${(error as Error).message}`, EXIT.usage, {
      hint: "name a path in a folder that exists with --socket",
      cause: error,
    });
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    // One that neither accepts nor refuses has a listener that is busy, not dead.
    socket.setTimeout(PROBE_MS, () => settle(true));
    socket.once("connect", () => settle(true));
    socket.once("error", (error: NodeJS.ErrnoException) => settle(error.code === "EAGAIN"));
  });
}

async function close(server: Server, sessions: ReadonlySet<Session>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // Handlers that have just settled get their replies out: promises are carried on before the next turn of the loop.
  await new Promise((resolve) => setImmediate(resolve));
  for (const session of sessions) session.end();
  const overdue = setTimeout(() => {
    for (const session of sessions) session.drop();
  }, CLOSE_GRACE_MS);
  await closed;
  clearTimeout(overdue);
}
