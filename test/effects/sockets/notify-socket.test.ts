import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { SpawnError } from "../../../src/effects/child.ts";
import { type NotifySocket, openNotifySocket } from "../../../src/effects/sockets/notify-socket.ts";

const folder = mkdtempSync(join(tmpdir(), "svc-notify-"));
const opened: NotifySocket[] = [];

afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

function open(place: string | null): NotifySocket {
  const socket = openNotifySocket({ folder: place, name: "web.1", life: `SVC_TREE_t${process.pid}`, env: {} });
  opened.push(socket);
  return socket;
}

/** Sends each text from one process; returns its pid, which has ended then. */
function send(address: string, ...texts: readonly string[]): number {
  const script = `use IO::Socket::UNIX; (my $to = shift) =~ s/^@/\\0/;
    my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $to) or die $!;
    defined $socket->send(/^\\d+$/ ? "x" x $_ : $_) or die $! for @ARGV; print $$;`;
  const { stdout, stderr } = spawnSync("perl", ["-e", script, address, ...texts], { encoding: "utf8" });
  expect(stderr).toBe("");
  return Number(stdout);
}

const native = process.env.SVC_NO_NATIVE !== "1";

describe.runIf(native)("the socket of a service", () => {
  test.each([
    ["a file in the folder", () => folder],
    ["an abstract name where there is no folder", () => null],
    ["an abstract name where the path would be too long for a socket", () => join(folder, "x".repeat(120))],
  ])("is %s, and tells who sent a message", (_, place) => {
    const socket = open(place());
    expect(socket.receive()).toBeNull();
    const pid = send(socket.address, "READY=1", "", "STATUS=ünder way");
    const uid = process.getuid!();
    expect(socket.receive()).toEqual({ text: "READY=1", pid, uid });
    expect(socket.receive()).toEqual({ text: "", pid, uid });
    expect(socket.receive()).toEqual({ text: "STATUS=ünder way", pid, uid });
    expect(socket.receive()).toBeNull();
  });

  test("leaves out a message that is too long, and hears the next one", () => {
    const socket = open(null);
    send(socket.address, "8192", "8193", "READY=1");
    expect(socket.receive()?.text).toHaveLength(8192);
    expect(socket.receive()?.text).toBe("READY=1");
  });

  test("is closed to other users, takes the place of what an earlier svc has left, and goes with its end", () => {
    writeFileSync(join(folder, "notify-web.1"), "");
    const socket = open(folder);
    expect(statSync(socket.address).mode & 0o777).toBe(0o600);
    opened.pop()?.close();
    expect(existsSync(socket.address)).toBe(false);
  });

  test("cannot be where something is in the way that is no file, and leaves that alone", () => {
    const inTheWay = join(folder, "notify-web.1", "kept");
    mkdirSync(inTheWay, { recursive: true });
    expect(() => open(folder)).toThrow(SpawnError);
    expect(existsSync(inTheWay)).toBe(true);
    rmSync(join(folder, "notify-web.1"), { recursive: true });
    const socket = open(folder);
    rmSync(socket.address);
    mkdirSync(inTheWay, { recursive: true });
    opened.pop()?.close();
    expect(existsSync(inTheWay)).toBe(true);
  });
});

test("without the native part it says what is missing", () => {
  const make = () => openNotifySocket({ folder: null, name: "web", life: "SVC_TREE_t", env: { SVC_NO_NATIVE: "1" } });
  expect(make).toThrow("cannot start: ready.notify needs svc's native part, which is not there: SVC_NO_NATIVE is set");
});
