import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { escapeControls } from "../../core/escape.ts";
import type { SocketSpec } from "../../core/spec.ts";

/** Why svc cannot listen at an address, and what to do about it: the rest of a sentence that has named code and address. */
export function whatIsInTheWay(code: string, { host, port }: SocketSpec): string {
  switch (code) {
    case "EADDRINUSE":
      return `${holderOf(port) ?? "another program"} listens there; stop it, or choose another port`;
    case "EACCES":
      return `ports below ${firstOpenPort()} are for root, or take CAP_NET_BIND_SERVICE; choose a higher one`;
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
      return `this machine has no address ${host ?? "at all"}; leave "host" out to listen on all that it has`;
    case "EMFILE":
      return "svc may not open so many files (ulimit -n)";
    default:
      return "the system does not allow it";
  }
}

/** Its name and pid; null where svc may not see whose socket it is. */
function holderOf(port: number): string | null {
  const sockets = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listeningInodes(read(table), port)));
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    const fds = list(`/proc/${pid}/fd`);
    if (!fds.some((fd) => sockets.has(inodeOf(`/proc/${pid}/fd/${fd}`)))) continue;
    return `${escapeControls(programOf(pid))} (pid ${pid})`;
  }
  return null;
}

/** proc(5): the second column is the local address and port, the fourth the state, the tenth the inode. */
export function listeningInodes(table: string, port: number): readonly string[] {
  const LISTEN = "0A";
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return table.split("\n").flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const inode = columns[9];
    return columns[3] === LISTEN && columns[1]?.endsWith(`:${wanted}`) && inode !== undefined ? [inode] : [];
  });
}

function inodeOf(descriptor: string): string {
  return /^socket:\[(\d+)\]$/.exec(target(descriptor))?.[1] ?? "";
}

/** Newer Node calls its process "MainThread"; its file says more. */
function programOf(pid: string): string {
  const file = target(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
  return basename(file) || read(`/proc/${pid}/comm`).trim();
}

function firstOpenPort(): number {
  return Number(read("/proc/sys/net/ipv4/ip_unprivileged_port_start")) || 1024;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
