import { closeSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import type { Library } from "./library.ts";
import { declareSocketCalls, optionValue, SOCK_CLOEXEC, SOL_SOCKET } from "./socket-calls.ts";

/** A message with what the kernel vouches for of its sender; a pid of 0 is one of another pid namespace. */
export interface Datagram {
  readonly text: string;
  readonly pid: number;
  readonly uid: number;
}

/** A datagram socket of the unix family, which Node has not. */
export interface DatagramSocket {
  /** The next message that has come, or null; never waits. One that is too long, or without credentials, is left out. */
  receive(): Datagram | null;
  close(): void;
}

/** sys/socket.h and linux/socket.h of Linux on x64 and arm64. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SO_PASSCRED = 16;
const SCM_CREDENTIALS = 2;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

/** More than systemd itself takes from a service (NOTIFY_BUFFER_MAX, 4096). */
const MESSAGE_BYTES = 8192;
/** struct cmsghdr with a struct ucred. Descriptors that come along find no room, and the kernel closes them. */
const CONTROL_BYTES = 32;

/** One piece of memory, as its parts point at each other: struct msghdr of 64-bit Linux, struct iovec, control data, message. */
const IOV = 16;
const IOV_COUNT = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
const PART_AT = 56;
const CONTROL_AT = 72;
const MESSAGE_AT = CONTROL_AT + CONTROL_BYTES;

/** Throws an error with `code` where it cannot be made. `address` is a struct sockaddr_un, as long as it is used. */
export function openDatagramSocket(library: Library, address: Buffer): DatagramSocket {
  const { socket, setsockopt, bind } = declareSocketCalls(library);
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw failure(library);
  const on = optionValue(1);
  const told = setsockopt(fd, SOL_SOCKET, SO_PASSCRED, on, on.length);
  if (told !== 0 || bind(fd, address, address.length) !== 0) {
    const error = failure(library);
    closeSync(fd);
    throw error;
  }
  return { receive: receiver(library, fd), close: () => closeSync(fd) };
}

function receiver(library: Library, fd: number): DatagramSocket["receive"] {
  const recvmsg = library.declare("recvmsg", ["int", "void *", "int"]);
  const memory = Buffer.alloc(MESSAGE_AT + MESSAGE_BYTES);
  const base = library.address(memory);
  const point = (from: number, to: number): number => memory.writeBigUInt64LE(base + BigInt(to), from);
  point(IOV, PART_AT);
  memory.writeBigUInt64LE(1n, IOV_COUNT);
  point(CONTROL, CONTROL_AT);
  point(PART_AT, MESSAGE_AT);
  memory.writeBigUInt64LE(BigInt(MESSAGE_BYTES), PART_AT + 8);
  return () => {
    for (;;) {
      memory.writeBigUInt64LE(BigInt(CONTROL_BYTES), CONTROL_LENGTH);
      const length = recvmsg(fd, memory, MSG_DONTWAIT);
      if (length < 0) return null;
      const whole = (memory.readInt32LE(FLAGS) & MSG_TRUNC) === 0;
      const [level, type] = [memory.readInt32LE(CONTROL_AT + 8), memory.readInt32LE(CONTROL_AT + 12)];
      if (!whole || level !== SOL_SOCKET || type !== SCM_CREDENTIALS) continue;
      const text = memory.toString("utf8", MESSAGE_AT, MESSAGE_AT + length);
      return { text, pid: memory.readInt32LE(CONTROL_AT + 16), uid: memory.readUInt32LE(CONTROL_AT + 20) };
    }
  };
}

function failure({ errno }: Library): Error {
  const code = getSystemErrorName(-errno());
  return Object.assign(new Error(code), { code });
}
