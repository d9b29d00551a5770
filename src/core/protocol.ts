/**
 * The control protocol: JSON-RPC 2.0, one message a line, over a unix socket.
 * Methods are named like the commands; a follower of `logs` or `events` receives notifications `log` and `event`.
 */

export interface RpcRequest {
  readonly jsonrpc: "2.0";
  readonly id?: number | string | null;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface RpcErrorBody {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly exitCode: number; readonly hint: string | null };
}

export type RpcReply =
  | { readonly jsonrpc: "2.0"; readonly id: number | string | null; readonly result: unknown }
  | { readonly jsonrpc: "2.0"; readonly id: number | string | null; readonly error: RpcErrorBody };

export interface RpcNotification {
  readonly jsonrpc: "2.0";
  readonly method: "log" | "event" | "progress" | "said";
  readonly params: unknown;
}

export const RPC_ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  /** svc's own errors: this minus the exit code. */
  base: -32000,
} as const;

/** Limits of the contract's section 7. */
export const RPC_LIMITS = {
  messageBytes: 1024 * 1024,
  clients: 64,
  firstLineMs: 10_000,
} as const;

/** The params of a `log` notification, and a line of `svc logs --json`. */
export interface LogRecord {
  /** ISO 8601 with milliseconds: when svc read it. */
  readonly time: string;
  readonly service: string;
  readonly instance: number;
  readonly stream: "stdout" | "stderr" | "svc";
  readonly pid: number | null;
  readonly line: string;
  /** The original bytes, where `line` had invalid UTF-8. */
  readonly base64?: string;
  /** True for a piece of a line over 1 MiB that goes on in the next record. */
  readonly continued?: true;
}
