import { sameSocket } from "../../core/listening.ts";
import type { SocketSpec } from "../../core/spec.ts";
import type { Listener } from "./listener.ts";

/** The sockets that svc listens on for its services: one for all instances of a service. */
export interface Sockets {
  /** The descriptor of the service's socket, which is opened if it is not yet. Rejects with a `SpawnError` where it cannot be. */
  open(service: string, socket: SocketSpec): Promise<number>;
  /** The address of each socket that is open, or being opened, by service. */
  held(): ReadonlyMap<string, { readonly socket: SocketSpec }>;
  /** Makes room for as many waiting connections as the kernel allows. */
  widen(service: string): void;
  /** From now on connections are refused, unless a process of the service has the socket still. */
  close(service: string): void;
}

interface Held {
  readonly socket: SocketSpec;
  readonly opening: Promise<Listener>;
  /** null while it is being opened. */
  listener: Listener | null;
}

export function createSockets(listen: (socket: SocketSpec) => Promise<Listener>): Sockets {
  const held = new Map<string, Held>();
  const close = (service: string): void => {
    const entry = held.get(service);
    held.delete(service);
    entry?.listener?.close();
  };
  const begin = (service: string, socket: SocketSpec): Held => {
    const entry: Held = { socket, opening: listen(socket), listener: null };
    held.set(service, entry);
    const isWanted = (): boolean => held.get(service) === entry;
    entry.opening.then(
      (listener) => {
        entry.listener = listener;
        if (!isWanted()) listener.close();
      },
      () => {
        if (isWanted()) held.delete(service);
      },
    );
    return entry;
  };
  return {
    held: () => held,
    open: async (service, socket) => {
      const before = held.get(service);
      if (before !== undefined && !sameSocket(before.socket, socket)) close(service);
      const { opening } = held.get(service) ?? begin(service, socket);
      const { fd, widen } = await opening;
      // A service may have ended the listening for everybody: shutdown(2) does.
      if (before !== undefined) widen();
      return fd;
    },
    widen: (service) => held.get(service)?.listener?.widen(),
    close,
  };
}
