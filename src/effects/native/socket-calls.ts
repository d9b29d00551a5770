import type { Library, NativeFunction } from "./library.ts";

/** What sockets of every family need. The numbers are those of sys/socket.h of Linux on x64 and arm64. */

export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;

export interface SocketCalls {
  readonly socket: NativeFunction;
  readonly setsockopt: NativeFunction;
  readonly bind: NativeFunction;
}

export function declareSocketCalls({ declare }: Library): SocketCalls {
  return {
    socket: declare("socket", ["int", "int", "int"]),
    setsockopt: declare("setsockopt", ["int", "int", "int", "void *", "uint"]),
    bind: declare("bind", ["int", "void *", "uint"]),
  };
}

/** A number, as an option of a socket is given. */
export function optionValue(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
