import { connect as connectSocket, type Socket } from "node:net";
import { EXIT, SvcError } from "../../core/errors.ts";
import type { Hello, MethodName, ParamsOf, ResultOf } from "../../core/methods.ts";
import { RPC_ERROR, type RpcErrorBody } from "../../core/protocol.ts";

export type OnNotification = (method: string, params: unknown) => void;

export interface Client {
  readonly socket: string;
  /** Rejects where what listens there is no supervisor; so does every call. */
  readonly hello: Promise<Hello>;
  /** May take as long as the command does. Rejects with the supervisor's `SvcError`. */
  call<M extends MethodName>(method: M, params: ParamsOf<M>, onNotification?: OnNotification): Promise<ResultOf<M>>;
  /** Resolves when the supervisor has closed the connection: the end of a stream that is followed. */
  readonly closed: Promise<void>;
  /** Stops reading, so that the supervisor counts what is missed instead of this process holding it. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface ConnectOptions {
  /** How long the supervisor has to say who it is. Default: 5 s. */
  readonly helloMs?: number;
}

const HELLO_MS = 5_000;
/** What a supervisor with a hundred services keeps of their logs fits well; beyond it there is no supervisor at the other end. */
const MAX_REPLY_CHARACTERS = 256 * 1024 * 1024;
/** Nobody listens: no such file, a dead one's socket, no socket at all. */
const NOBODY = new Set(["ENOENT", "ECONNREFUSED", "ENOTSOCK", "ENOTDIR"]);

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface State {
  readonly socket: Socket;
  readonly path: string;
  readonly pending: Map<number, Pending>;
  readonly listeners: OnNotification[];
  rest: string;
  lastId: number;
  /** Why nothing more can be asked. */
  broken: Error | null;
}

/** Null where nobody listens there. A `SvcError` where the socket cannot be used. */
export async function connect(path: string, options: ConnectOptions = {}): Promise<Client | null> {
  const socket = await open(path);
  if (socket === null) return null;
  const state: State = { socket, path, pending: new Map(), listeners: [], rest: "", lastId: 0, broken: null };
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  listen(state);
  const hello = greet(state, options.helloMs ?? HELLO_MS);
  // A client that asks nothing need not hear of it.
  hello.catch(() => {});
  return {
    socket: path,
    hello,
    closed,
    call: async (method, params, onNotification) => {
      if (onNotification) state.listeners.push(onNotification);
      // Asked at once, without waiting for the hello: one turn less.
      const reply = ask(state, method, params);
      const [, result] = await Promise.all([hello, reply]);
      return result as never;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.destroy(),
  };
}

function open(path: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    const failed = (error: NodeJS.ErrnoException): void => {
      if (NOBODY.has(error.code ?? "")) resolve(null);
      else reject(new SvcError(`cannot connect to ${path}: ${error.message}`, EXIT.failed, { cause: error }));
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

function listen(state: State): void {
  const { socket } = state;
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => receive(state, text));
  socket.on("error", () => {});
  socket.on("close", () => breakOff(state, new SvcError("the supervisor closed the connection before it answered", EXIT.failed)));
}

async function greet(state: State, helloMs: number): Promise<Hello> {
  const overdue = setTimeout(() => {
    const message = `cannot talk to ${state.path}: what listens there did not answer in ${helloMs / 1000} s`;
    breakOff(state, new SvcError(message, EXIT.failed, { hint: "the supervisor may be suspended (fg, or kill -CONT, wakes it)" }));
  }, helloMs);
  try {
    const hello = await ask(state, "hello", {});
    if (isHello(hello)) return hello;
    throw noSupervisor(state);
  } catch (error) {
    state.socket.destroy();
    throw error;
  } finally {
    clearTimeout(overdue);
  }
}

function ask(state: State, method: string, params: unknown): Promise<unknown> {
  if (state.broken) return Promise.reject(state.broken);
  state.lastId += 1;
  const id = state.lastId;
  state.socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
  return new Promise((resolve, reject) => {
    state.pending.set(id, { resolve, reject });
  });
}

function receive(state: State, text: string): void {
  const lines = text.split("\n");
  lines[0] = state.rest + lines[0];
  state.rest = lines.pop() ?? "";
  if (state.rest.length > MAX_REPLY_CHARACTERS) breakOff(state, noSupervisor(state));
  for (const line of lines) {
    if (state.broken) return;
    const message = parse(line);
    if (message) deliver(state, message);
    else breakOff(state, noSupervisor(state));
  }
}

function deliver(state: State, message: Readonly<Record<string, unknown>>): void {
  if (typeof message.method === "string") {
    for (const listener of state.listeners) listener(message.method, message.params);
    return;
  }
  const error = message.error as RpcErrorBody | undefined;
  const pending = state.pending.get(message.id as number);
  if (!pending) {
    // An error without an id is about the connection: too many clients.
    if (error) breakOff(state, toError(error));
    return;
  }
  state.pending.delete(message.id as number);
  if (error) pending.reject(toError(error));
  else pending.resolve(message.result);
}

function breakOff(state: State, error: Error): void {
  state.broken ??= error;
  state.socket.destroy();
  for (const { reject } of state.pending.values()) reject(state.broken);
  state.pending.clear();
}

/** This client asks for nothing that its own version does not know. */
const OTHER_VERSION = "the supervisor may be of another version of svc: svc --version says which this is";

function toError({ code, message, data }: RpcErrorBody): SvcError {
  const unknown = code === RPC_ERROR.methodNotFound || code === RPC_ERROR.invalidParams;
  return new SvcError(String(message), data?.exitCode ?? EXIT.failed, { hint: data?.hint ?? (unknown ? OTHER_VERSION : null) });
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function isHello(value: unknown): value is Hello {
  if (typeof value !== "object" || value === null) return false;
  const { version, pid, config } = value as Partial<Record<keyof Hello, unknown>>;
  return typeof version === "string" && typeof pid === "number" && typeof config === "string";
}

function noSupervisor(state: State): SvcError {
  return new SvcError(`cannot talk to ${state.path}: what listens there is no svc`, EXIT.failed, {
    hint: "name the supervisor's socket with --socket",
  });
}
