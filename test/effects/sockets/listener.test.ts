import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { SpawnError } from "../../../src/effects/child.ts";
import { loadNative } from "../../../src/effects/native/native.ts";
import { listeningInodes, whatIsInTheWay } from "../../../src/effects/sockets/listen-failure.ts";
import { type Listener, openListener } from "../../../src/effects/sockets/listener.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { collect, lineFrom } from "../../helpers/output.ts";
import { freePort } from "../../helpers/ports.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();

/** Answers each connection with its pid. */
const SERVER = 'require("node:net").createServer((one) => one.end(String(process.pid))).listen({ fd: 3 })';
/** Lets 5 connections wait, and accepts none. */
const NARROW = 'require("node:net").createServer().listen({ fd: 3, backlog: 5 }, () => { console.log("listening"); for (;;); })';

describe.skipIf("missing" in loadNative())("a listener", () => {
  const open = async (host: string | null, port: number): Promise<Listener> => {
    const listener = await openListener({ host, port });
    onTestFinished(listener.close);
    return listener;
  };
  const serve = (fd: number): ChildProcess =>
    spawn(process.execPath, ["-e", SERVER], { env: guard.env, stdio: ["ignore", "ignore", "ignore", fd] });

  test.each([null, "127.0.0.1", "localhost"])("at %s lets connections wait until a child accepts them, and steals none", async (host) => {
    const port = await freePort();
    const { fd } = await open(host, port);
    const clients = await Promise.all(Array.from({ length: 50 }, () => connected(port)));
    const answers = clients.map((client) => collect(client));
    const child = serve(fd);
    await until(() => answers.every((answer) => answer.text() === String(child.pid)));
  });

  test("at an IPv6 address takes connections there", async ({ skip }) => {
    skip(!readOr("/proc/net/if_inet6").includes("00000000000000000000000000000001"), "this machine has no ::1");
    const port = await freePort();
    await open("::1", port);
    await connected(port, "::1");
    await expect(connected(port, "127.0.0.1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("is inherited by nobody whom it is not given to", async () => {
    const { fd } = await open("127.0.0.1", await freePort());
    expect(fd).toBeGreaterThan(255);
    const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1] ?? "", 8);
    expect(flags & 0o2000000).toBe(0o2000000);
  });

  test("refuses connections once it is closed, and the port is free at once", async () => {
    const port = await freePort();
    const first = await openListener({ host: null, port });
    await connected(port);
    first.close();
    await expect(connected(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await open(null, port);
    await connected(port);
  });

  test("makes room again for those that wait, after a child has asked for little", async () => {
    const port = await freePort();
    const { fd, widen } = await open("127.0.0.1", port);
    const child = spawn(process.execPath, ["-e", NARROW], { env: guard.env, stdio: ["ignore", "pipe", "ignore", fd] });
    await lineFrom(child.stdout!, "listening");
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    widen();
    // Beyond its bound the kernel would leave them without an answer.
    expect(await Promise.all(Array.from({ length: 100 }, () => connected(port)))).toHaveLength(100);
  });

  test("says who listens there already", async () => {
    const port = await freePort();
    const server = createServer().listen(port, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const error = await openListener({ host: "127.0.0.1", port }).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(SpawnError);
    expect(error).toMatchObject({
      code: "EADDRINUSE",
      about: "surroundings",
      subject: expect.stringMatching(
        `^127\\.0\\.0\\.1:${port}: .+ \\(pid ${process.pid}\\) listens there; stop it, or choose another port$`,
      ),
    });
  });

  test("says that an address is none of this machine", async () => {
    await expect(openListener({ host: "192.0.2.7", port: await freePort() })).rejects.toMatchObject({
      code: "EADDRNOTAVAIL",
      subject: expect.stringContaining("this machine has no address 192.0.2.7"),
    });
  });
});

test("what is in the way is said with a cure", () => {
  expect(whatIsInTheWay("EACCES", { host: null, port: 80 })).toMatch(
    /^ports below \d+ are for root, or take CAP_NET_BIND_SERVICE; choose a higher one$/,
  );
  expect(whatIsInTheWay("EADDRINUSE", { host: null, port: 0 })).toBe("another program listens there; stop it, or choose another port");
});

test("who listens is found by the port, whatever else has to do with it", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0000000000000000 100 0 0 10 0",
    "   1: 0100007F:0BB8 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0000000000000000 20 4 30 10 -1",
    "   2: 0100007F:9C40 0100007F:0BB8 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0000000000000000 20 4 30 10 -1",
  ].join("\n");
  expect(listeningInodes(table, 3000)).toEqual(["111"]);
  expect(listeningInodes("", 3000)).toEqual([]);
});

function connected(port: number, host = "127.0.0.1"): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket));
    socket.on("error", reject);
    onTestFinished(() => void socket.destroy());
  });
}

function readOr(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
