import { closeSync } from "node:fs";
import { isIP } from "node:net";
import { shownSocket } from "../../core/listening.ts";
import type { SocketSpec } from "../../core/spec.ts";
import { SpawnError } from "../child.ts";
import { type Missing, withLibrary } from "../native/library.ts";
import { createSockets, type NativeSockets, type SocketAddress } from "../native/socket.ts";

/** A socket on which svc listens for a service, and never accepts. */
export interface Listener {
  /** For `SpawnRequest.listener`. */
  readonly fd: number;
  /** Makes room again for all connections that the kernel lets wait: what a service asked for when it listened itself was for all. */
  widen(): void;
  /** Whoever else has the descriptor listens on. */
  close(): void;
}

/**
 * Listens at the address. Rejects with a `SpawnError` that says what is in the way: another program, a missing right, an address
 * that is none of this machine, a missing native part. Node alone cannot do it: what its sockets listen on, they accept from.
 */
export async function openListener(socket: SocketSpec): Promise<Listener> {
  const native = nativeSockets();
  if ("missing" in native) throw cannotListen("ENOTSUP", socket, `this needs svc's native part, and ${native.missing}: npm install koffi`);
  let code = "EADDRNOTAVAIL";
  for (const address of await addressesOf(socket)) {
    const opened = native.listen(address);
    if ("fd" in opened) {
      const { fd } = opened;
      return { fd, widen: () => void native.listenAgain(fd), close: () => closeSync(fd) };
    }
    code = opened.code;
    if (!NO_SUCH_FAMILY.includes(code)) break;
  }
  const { whatIsInTheWay } = await import("./listen-failure.ts");
  throw cannotListen(code, socket, whatIsInTheWay(code, socket));
}

/** What is declared of the C library stays in memory, so it is declared once. */
let declared: NativeSockets | Missing | null = null;

function nativeSockets(): NativeSockets | Missing {
  declared ??= withLibrary(process.env, createSockets);
  return declared;
}

/** Errors of a machine without IPv6. */
const NO_SUCH_FAMILY: readonly string[] = ["EAFNOSUPPORT", "EADDRNOTAVAIL"];

/** In the order in which they are tried. An IPv6 socket on all addresses takes IPv4 too (ipv6(7), IPV6_V6ONLY). */
async function addressesOf(socket: SocketSpec): Promise<readonly SocketAddress[]> {
  const { host, port } = socket;
  if (host === null) return [toAddress("::", port), toAddress("0.0.0.0", port)];
  if (isIP(host) !== 0) return [toAddress(host, port)];
  const { lookup } = await import("node:dns/promises");
  try {
    return (await lookup(host, { all: true })).map(({ address }) => toAddress(address, port));
  } catch (error) {
    const { code = "EAI_FAIL" } = error as NodeJS.ErrnoException;
    throw cannotListen(code, socket, `the name ${host} cannot be resolved; write an address`);
  }
}

function toAddress(address: string, port: number): SocketAddress {
  return { family: isIP(address) === 6 ? 6 : 4, address, port };
}

function cannotListen(code: string, socket: SocketSpec, why: string): SpawnError {
  return new SpawnError(code, `${shownSocket(socket)}: ${why}`, "surroundings");
}
