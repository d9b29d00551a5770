import type { SocketSpec } from "./spec.ts";

/** Sockets that svc listens on for its services: what their addresses have to do with each other. */

/** sd_listen_fds(3): the first descriptor that is passed on. */
export const LISTENING_FD = 3;

const EVERY_ADDRESS: readonly (string | null)[] = [null, "0.0.0.0", "::"];

export function sameSocket(one: SocketSpec | null, other: SocketSpec | null): boolean {
  return one?.port === other?.port && one?.host === other?.host;
}

/** True where only one of the two can be listened on at a time. */
export function collide(one: SocketSpec, other: SocketSpec): boolean {
  return one.port === other.port && (one.host === other.host || listensEverywhere(one) || listensEverywhere(other));
}

/** True where a connection to this host and port on this machine reaches the socket. */
export function answersAt(socket: SocketSpec, host: string, port: number): boolean {
  if (socket.port !== port) return false;
  return host === socket.host || (isThisMachine(host) && (listensEverywhere(socket) || isThisMachine(socket.host)));
}

/** `port 3000`, or `127.0.0.1:3000`. */
export function shownSocket({ host, port }: SocketSpec): string {
  if (host === null) return `port ${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function listensEverywhere({ host }: SocketSpec): boolean {
  return EVERY_ADDRESS.includes(host);
}

function isThisMachine(host: string | null): boolean {
  return EVERY_ADDRESS.includes(host) || host === "localhost" || host === "::1" || host?.startsWith("127.") === true;
}
