import { RPC_ERROR, type RpcErrorBody, type RpcReply } from "./protocol.ts";

/** JSON-RPC 2.0 as text: what came in on one line, and what goes out on one. */

export type RpcId = number | string | null;

export interface RpcCall {
  /** Undefined for a notification: it gets no reply. */
  readonly id: RpcId | undefined;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export type RpcItem = { readonly call: RpcCall } | { readonly refused: RpcReply };

export interface RpcMessage {
  readonly items: readonly RpcItem[];
  /** The replies to a batch are one array. */
  readonly batch: boolean;
}

/** A batch within the size of a message could still ask for half a million replies. */
const MAX_BATCH = 64;

export function parseMessage(text: string): RpcMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return alone(refuse(null, RPC_ERROR.parse, "cannot parse the message: it is no JSON"));
  }
  if (!Array.isArray(value)) return alone(readRequest(value));
  if (value.length === 0) return alone(refuse(null, RPC_ERROR.invalidRequest, "cannot carry out a batch without requests"));
  if (value.length > MAX_BATCH) {
    return alone(refuse(null, RPC_ERROR.invalidRequest, `cannot carry out a batch of more than ${MAX_BATCH} requests`));
  }
  return { items: value.map(readRequest), batch: true };
}

export function failure(id: RpcId, code: number, message: string, data?: RpcErrorBody["data"]): RpcReply {
  return { jsonrpc: "2.0", id, error: data ? { code, message, data } : { code, message } };
}

export function success(id: RpcId, result: unknown): RpcReply {
  return { jsonrpc: "2.0", id, result: result ?? {} };
}

function readRequest(value: unknown): RpcItem {
  if (!isObject(value)) return refuse(null, RPC_ERROR.invalidRequest, "a request must be an object");
  const { jsonrpc, id, method, params } = value;
  if (id !== undefined && !isId(id)) {
    return refuse(null, RPC_ERROR.invalidRequest, "id must be a string, a number that JSON keeps exactly, or null");
  }
  if (jsonrpc !== "2.0") return refuse(id ?? null, RPC_ERROR.invalidRequest, 'jsonrpc must be "2.0"');
  if (typeof method !== "string") return refuse(id ?? null, RPC_ERROR.invalidRequest, "method must be a string");
  if (params !== undefined && !isObject(params)) return refuse(id ?? null, RPC_ERROR.invalidParams, "params must be an object");
  return { call: { id, method, params: params ?? {} } };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A larger integer, or 1e999, would come back as another number than was sent. */
function isId(value: unknown): value is RpcId {
  if (typeof value === "number") return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return typeof value === "string" || value === null;
}

function alone(item: RpcItem): RpcMessage {
  return { items: [item], batch: false };
}

function refuse(id: RpcId, code: number, message: string): { readonly refused: RpcReply } {
  return { refused: failure(id, code, message) };
}
