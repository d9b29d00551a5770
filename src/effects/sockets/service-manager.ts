import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { type Library, loadLibrary } from "../native/library.ts";
import { unixAddress } from "./unix-address.ts";

/** Tells the service manager that started svc how it stands: `READY=1`. Never blocks, never throws. */
export type Tell = (state: string) => void;

/** sys/socket.h of Linux on x64 and arm64. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/**
 * sd_notify(3), a datagram to a unix socket. Node has no such sockets, so it is sent by the native part, or else by the
 * program that systemd has for it (which needs `NotifyAccess=all`). null where nobody listens.
 */
export function openServiceManager(env: Readonly<Record<string, string | undefined>>): Tell | null {
  // Others than paths and abstract names (vsock:) concern whole virtual machines.
  const address = unixAddress(env.NOTIFY_SOCKET ?? "");
  if (address === null) return null;
  const send = env.SVC_NO_NATIVE === "1" ? null : nativeSend(address);
  return (state) => {
    if (send?.(state) !== true) runNotify(state, env);
  };
}

/** True where the datagram is on its way. */
function nativeSend(address: Buffer): ((state: string) => boolean) | null {
  try {
    return sender(loadLibrary(), address);
  } catch {
    return null;
  }
}

function sender({ declare }: Library, address: Buffer): (state: string) => boolean {
  const open = declare("socket", ["int", "int", "int"]);
  const sendTo = declare("sendto", ["int", "void *", "ulong", "int", "void *", "uint"]);
  return (state) => {
    const text = Buffer.from(state);
    const fd = open(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const sent = sendTo(fd, text, text.length, MSG_NOSIGNAL, address, address.length);
    closeSync(fd);
    return sent === text.length;
  };
}

function runNotify(state: string, env: Readonly<Record<string, string | undefined>>): void {
  const child = spawn("systemd-notify", [state], { env, stdio: "ignore" });
  // Where that program is missing too, nobody can be told, and the services matter more.
  child.on("error", () => {}).unref();
}
