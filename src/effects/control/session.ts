import type { Socket } from "node:net";
import { RPC_ERROR, RPC_LIMITS } from "../../core/protocol.ts";
import { failure, parseMessage } from "../../core/rpc.ts";
import { answer, type Caller, type DispatchOptions } from "./dispatch.ts";
import { createFollow, type FollowControl, type Outlet } from "./follow.ts";
import { createLineReader, type LineReader, LineTooLong } from "./line-reader.ts";

export interface SessionOptions extends DispatchOptions {
  /** How long a client has for its first complete line, and one that is behind with the replies to take some. */
  readonly patienceMs: number;
}

export interface Session {
  readonly signal: AbortSignal;
  /** Sends what is on its way, then closes. */
  end(): void;
  drop(): void;
}

/** More at once from one client wait their turn: the event loop belongs to all. */
const MAX_IN_FLIGHT = 32;
/** A client that has closed its sending side (`… | socat - UNIX:…`) still gets replies that come within this time. */
const HALF_CLOSED_MS = 1_000;

interface State {
  readonly socket: Socket;
  readonly options: SessionOptions;
  readonly reader: LineReader;
  readonly gone: AbortController;
  readonly follows: Set<FollowControl>;
  inFlight: number;
  ended: boolean;
  turn: NodeJS.Immediate | null;
  patience: NodeJS.Timeout | null;
}

/** Serves one client until it is gone. Whatever it sends, the harm stays with it. */
export function startSession(socket: Socket, options: SessionOptions): Session {
  const state: State = {
    socket,
    options,
    reader: createLineReader(RPC_LIMITS.messageBytes),
    gone: new AbortController(),
    follows: new Set(),
    inFlight: 0,
    ended: false,
    turn: null,
    patience: null,
  };
  losePatience(state);
  // Errors of the socket (EPIPE, ECONNRESET) are followed by its close.
  socket.on("error", () => {});
  socket.on("close", () => close(state));
  socket.on("end", () => halfClosed(state));
  socket.on("drain", () => drained(state));
  socket.on("data", (chunk) => {
    state.reader.push(chunk);
    read(state);
  });
  const end = (): void => {
    // What a follower has missed is said now or never.
    for (const follow of state.follows) follow.drained();
    socket.destroySoon();
  };
  return { signal: state.gone.signal, end, drop: () => socket.destroy() };
}

function read(state: State): void {
  state.turn = null;
  try {
    while (!isBusy(state) && !state.gone.signal.aborted) {
      const line = state.reader.next();
      if (line === null) return void state.socket.resume();
      keepPatience(state);
      state.inFlight += 1;
      carryOut(state, line)
        .catch(state.options.onFault)
        .finally(() => settled(state));
    }
    state.socket.pause();
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    const message = `a message may have ${RPC_LIMITS.messageBytes} bytes at most`;
    send(state, failure(null, RPC_ERROR.invalidRequest, message));
    farewell(state);
  }
}

async function carryOut(state: State, line: string): Promise<void> {
  const follows: FollowControl[] = [];
  const caller = createCaller(state, follows);
  const { items, batch } = parseMessage(line);
  const answers = await Promise.all(items.map((item) => answer(item, caller, state.options)));
  const replies = answers.filter((reply) => reply !== null);
  if (replies.length > 0) send(state, batch ? replies : replies[0]);
  for (const follow of follows) follow.begin();
}

function createCaller(state: State, follows: FollowControl[]): Caller {
  const outlet: Outlet = {
    behind: () => state.socket.writableLength,
    write: (line) => {
      if (state.socket.writable) state.socket.write(line);
    },
  };
  return {
    signal: state.gone.signal,
    notify: (method, params) => {
      if (!isBehind(state)) send(state, { jsonrpc: "2.0", method, params });
    },
    follow: (method) => {
      const follow = createFollow(method, outlet);
      state.follows.add(follow);
      follows.push(follow);
      return follow;
    },
  };
}

function send(state: State, message: unknown): void {
  const { socket } = state;
  if (!socket.writable) return;
  socket.write(`${JSON.stringify(message)}\n`);
  if (isBehind(state)) losePatience(state);
}

function settled(state: State): void {
  state.inFlight -= 1;
  if (state.ended && state.inFlight === 0) state.socket.end();
  // In a later turn: a client that pipelines cheap requests must not keep the loop to itself.
  state.turn ??= setImmediate(read, state);
}

function drained(state: State): void {
  keepPatience(state);
  for (const follow of state.follows) follow.drained();
  read(state);
}

function halfClosed(state: State): void {
  state.ended = true;
  if (state.inFlight === 0) state.socket.end();
  else setTimeout(() => state.socket.destroy(), HALF_CLOSED_MS).unref();
}

function close(state: State): void {
  keepPatience(state);
  if (state.turn) clearImmediate(state.turn);
  state.gone.abort();
}

/** The last word was sent; a client that does not take it is not waited for. */
function farewell(state: State): void {
  state.socket.destroySoon();
  losePatience(state);
}

function losePatience(state: State): void {
  state.patience ??= setTimeout(() => state.socket.destroy(), state.options.patienceMs).unref();
}

function keepPatience(state: State): void {
  if (state.patience) clearTimeout(state.patience);
  state.patience = null;
}

function isBusy(state: State): boolean {
  return state.inFlight >= MAX_IN_FLIGHT || isBehind(state);
}

function isBehind(state: State): boolean {
  return state.socket.writableLength > RPC_LIMITS.messageBytes;
}
