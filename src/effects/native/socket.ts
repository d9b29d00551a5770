import { closeSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import type { Library } from "./library.ts";
import { declareSocketCalls, optionValue, SOCK_CLOEXEC, SOL_SOCKET } from "./socket-calls.ts";

export interface SocketAddress {
  readonly family: 4 | 6;
  /** Numeric. */
  readonly address: string;
  readonly port: number;
}

/** The descriptor of a socket that listens, or the name of the error. */
export type Opened = { readonly fd: number } | { readonly code: string };

/** Sockets that listen, and on which this process never accepts: Node knows nothing of them. No child inherits them. */
export interface NativeSockets {
  listen(address: SocketAddress): Opened;
  /** Sets the number of connections that may wait anew; false where the socket cannot listen any more. */
  listenAgain(fd: number): boolean;
}

/** sys/socket.h and netinet/in.h of Linux on x64 and arm64. */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const F_DUPFD_CLOEXEC = 1030;

/** struct sockaddr_in and sockaddr_in6. */
const LAYOUT = {
  4: { family: AF_INET, bytes: 16, addressAt: 4 },
  6: { family: AF_INET6, bytes: 28, addressAt: 8 },
} as const;

/** Above every descriptor that a child can be given (`ready.fd` ends at 255), so that none of them is in the way of another. */
const LOWEST_FD = 256;

/** As many as the kernel allows: it cuts this down to net.core.somaxconn, 4096 where nobody has changed it (listen(2)). */
const BACKLOG = 65_535;

export function createSockets(library: Library): NativeSockets {
  const { declare, errno } = library;
  const { socket, setsockopt, bind } = declareSocketCalls(library);
  const listen = declare("listen", ["int", "int"]);
  const fcntl = declare("fcntl", ["int", "int", "long"]);
  const inetPton = declare("inet_pton", ["int", "str", "void *"]);
  const set = (fd: number, level: number, option: number, value: number): number => {
    const bytes = optionValue(value);
    return setsockopt(fd, level, option, bytes, bytes.length);
  };
  const toSockaddr = ({ family, address, port }: SocketAddress): Buffer => {
    const layout = LAYOUT[family];
    const sockaddr = Buffer.alloc(layout.bytes);
    sockaddr.writeUInt16LE(layout.family, 0);
    sockaddr.writeUInt16BE(port, 2);
    inetPton(layout.family, address, sockaddr.subarray(layout.addressAt));
    return sockaddr;
  };
  const prepare = (fd: number, address: SocketAddress): number => {
    const sockaddr = toSockaddr(address);
    const both = address.family === 6 ? set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) : 0;
    return both || set(fd, SOL_SOCKET, SO_REUSEADDR, 1) || bind(fd, sockaddr, sockaddr.length) || listen(fd, BACKLOG);
  };
  return {
    listen(address) {
      const low = socket(LAYOUT[address.family].family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (low < 0) return { code: getSystemErrorName(-errno()) };
      const ready = prepare(low, address) === 0;
      const fd = ready ? fcntl(low, F_DUPFD_CLOEXEC, LOWEST_FD) : -1;
      // fcntl(2) says EINVAL where the limit of open files is below what was asked for.
      const code = fd >= 0 ? null : ready ? "EMFILE" : getSystemErrorName(-errno());
      closeSync(low);
      return code === null ? { fd } : { code };
    },
    listenAgain: (fd) => listen(fd, BACKLOG) === 0,
  };
}
