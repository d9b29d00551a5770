import { EXIT, SvcError } from "../../core/errors.ts";
import { checkParams } from "../../core/params.ts";
import { RPC_ERROR, type RpcNotification, type RpcReply } from "../../core/protocol.ts";
import { failure, type RpcCall, type RpcItem, success } from "../../core/rpc.ts";
import { didYouMean } from "../../core/suggest.ts";
import type { Follow } from "./follow.ts";

/** What a handler sees of the client that asks. */
export interface Caller {
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** For news that may be missed: nothing is sent while the client is behind. */
  notify(method: RpcNotification["method"], params: unknown): void;
  /** For a stream of records: nothing is sent before the reply, and what a slow client misses is counted and said. */
  follow(method: "log" | "event"): Follow;
}

/** Gets params that fit the method's rules. Its value is the result; a `SvcError` is sent with its exit code and hint. */
export type Handler = (params: Readonly<Record<string, unknown>>, caller: Caller) => unknown;

export interface DispatchOptions {
  readonly methods: ReadonlyMap<string, Handler>;
  /** An unexpected throw of a handler: the client gets its message only. */
  readonly onFault: (error: unknown) => void;
}

/** Null for a notification. Never rejects. */
export async function answer(item: RpcItem, caller: Caller, options: DispatchOptions): Promise<RpcReply | null> {
  if ("refused" in item) return item.refused;
  const reply = await carryOut(item.call, item.call.id ?? null, caller, options);
  return item.call.id === undefined ? null : reply;
}

async function carryOut(call: RpcCall, id: number | string | null, caller: Caller, options: DispatchOptions): Promise<RpcReply> {
  const handler = options.methods.get(call.method);
  if (!handler) return failure(id, RPC_ERROR.methodNotFound, unknownMethod(call.method, options.methods.keys()));
  const checked = checkParams(call.method, call.params);
  if ("problem" in checked) return failure(id, RPC_ERROR.invalidParams, checked.problem);
  try {
    return success(id, await handler(checked.params, caller));
  } catch (error) {
    if (!(error instanceof SvcError)) options.onFault(error);
    return describe(id, error);
  }
}

function describe(id: number | string | null, error: unknown): RpcReply {
  const exitCode = error instanceof SvcError ? error.exitCode : EXIT.failed;
  const hint = error instanceof SvcError ? error.hint : null;
  const message = error instanceof Error ? error.message : String(error);
  return failure(id, RPC_ERROR.base - exitCode, message, { exitCode, hint });
}

function unknownMethod(method: string, known: Iterable<string>): string {
  // A megabyte of nonsense is not sent back.
  const shown = method.slice(0, 64);
  return `no such method: ${JSON.stringify(shown)}${didYouMean(shown, known)}`;
}
