import type { Socket } from "node:net";

/**
 * Whether a socket is its own peer. Where nobody listens on a port that the kernel gives to outgoing connections, it may give
 * that very port to the one who tries it, and TCP lets the two ends meet (RFC 9293, simultaneous open): about one of 28,000
 * tries, and a check that tries twice a second meets it within hours.
 */
export function isConnectedToItself({ localPort, remotePort, localAddress, remoteAddress }: Socket): boolean {
  return localPort === remotePort && localAddress === remoteAddress;
}
