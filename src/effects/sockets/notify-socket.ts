import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SpawnError } from "../child.ts";
import { type Datagram, type DatagramSocket, openDatagramSocket } from "../native/datagrams.ts";
import { withLibrary } from "../native/library.ts";
import { unixAddress } from "./unix-address.ts";

export interface NotifySocketOptions {
  /** Where its file goes; null for an abstract name, which needs no folder and is open to every user of the machine. */
  readonly folder: string | null;
  /** Of the instance: one socket for each. */
  readonly name: string;
  /** Unique to this supervisor's life. */
  readonly life: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The other end of a service's NOTIFY_SOCKET. */
export interface NotifySocket {
  /** The value of the variable. */
  readonly address: string;
  /** The next message, or null where none waits. */
  receive(): Datagram | null;
  /** Removes its file too. */
  close(): void;
}

/** Throws a `SpawnError`: without svc's native part there are no such sockets. */
export function openNotifySocket({ folder, name, life, env }: NotifySocketOptions): NotifySocket {
  const library = withLibrary(env, (loaded) => loaded);
  if ("missing" in library) throw new SpawnError("ready.notify", `needs svc's native part, which is not there: ${library.missing}`);
  const file = folder === null ? null : join(folder, `notify-${name}`);
  const place = file === null ? null : unixAddress(file);
  // A path that is too long for a socket has no address.
  const address = file === null || place === null ? `@${life}/${name}` : file;
  const socket = open(() => {
    // What an earlier svc has left behind.
    if (address === file) rmSync(file, { force: true });
    const opened = openDatagramSocket(library, place ?? abstract(address));
    if (address === file) chmodSync(file, 0o600);
    return opened;
  });
  return {
    address,
    receive: socket.receive,
    close: () => {
      socket.close();
      if (address === file) removeIfPossible(file);
    },
  };
}

/** What stays where the file system is read-only by now goes with the next start. */
function removeIfPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}

function abstract(name: string): Buffer {
  return unixAddress(name) ?? failed("ENAMETOOLONG", name);
}

function open(make: () => DatagramSocket): DatagramSocket {
  try {
    return make();
  } catch (error) {
    return failed((error as NodeJS.ErrnoException).code ?? "EINVAL", "the socket of ready.notify");
  }
}

function failed(code: string, subject: string): never {
  throw new SpawnError(code, subject);
}
