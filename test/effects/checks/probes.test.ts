import { spawnSync } from "node:child_process";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { ExecProbe, HttpProbe } from "../../../src/core/spec.ts";
import { type ProbeTry, tryProbe } from "../../../src/effects/checks/probes.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { freePort } from "../../helpers/ports.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();
const attempt = (more: Partial<ProbeTry> = {}): ProbeTry => ({
  timeoutMs: 20_000,
  cwd: "/tmp",
  env: guard.env,
  signal: new AbortController().signal,
  ...more,
});
const http = (port: number, more: Partial<HttpProbe> = {}): HttpProbe => ({
  kind: "http",
  url: `http://127.0.0.1:${port}/healthz`,
  status: [200, 399],
  headers: [],
  ...more,
});
const shell = (script: string): ExecProbe => ({ kind: "exec", command: { argv: ["/bin/sh", "-c", script], text: script, shell: true } });

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function listen(onSocket: (socket: Socket) => void): Promise<{ readonly port: number }> {
  const server = createTcpServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port };
}

test("http: a status in the range is well, one outside is not, and says which", async () => {
  let status = 204;
  const port = await serve((_, response) => void response.writeHead(status).end());
  expect(await tryProbe(http(port), attempt())).toEqual({ ok: true });
  status = 503;
  expect(await tryProbe(http(port), attempt())).toEqual({ ok: false, why: "answered 503" });
  expect(await tryProbe(http(port, { status: [500, 599] }), attempt())).toEqual({ ok: true });
});

test("http: sends the headers, and asks for the path", async () => {
  let asked: unknown[] = [];
  const port = await serve((request, response) => {
    asked = [request.method, request.url, request.headers["x-check"], request.headers.host];
    response.end();
  });
  const headers: HttpProbe["headers"] = [
    ["X-Check", "1"],
    ["Host", "example.test"],
  ];
  await tryProbe(http(port, { headers }), attempt());
  expect(asked).toEqual(["GET", "/healthz", "1", "example.test"]);
});

test("http: follows no redirect; it is an answer of its own", async () => {
  const paths: (string | undefined)[] = [];
  const port = await serve((request, response) => {
    paths.push(request.url);
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  expect(await tryProbe(http(port), attempt())).toEqual({ ok: true });
  expect(await tryProbe(http(port, { status: [200, 299] }), attempt())).toEqual({ ok: false, why: "answered 302" });
  expect(paths).toEqual(["/healthz", "/healthz"]);
});

test("http: does not wait for a body that never ends, and keeps no connection", async () => {
  let open = 0;
  const port = await serve((request, response) => {
    open += 1;
    request.socket.once("close", () => {
      open -= 1;
    });
    response.write("for ever");
  });
  expect(await tryProbe(http(port), attempt())).toEqual({ ok: true });
  await until(() => open === 0);
});

test("http: a service that does not answer is not well after the time of the try", async () => {
  const port = await serve(() => {});
  expect(await tryProbe(http(port), attempt({ timeoutMs: 100 }))).toEqual({ ok: false, why: "gave no answer in 100 ms" });
});

test("http: an answer that is none is not well", async () => {
  const { port } = await listen((socket) => void socket.end("SSH-2.0\r\n"));
  const result = await tryProbe(http(port), attempt());
  expect(result).toMatchObject({ ok: false, why: expect.stringContaining("Parse Error") });
});

test("tcp: an open port is well, a closed one says why, for a name with several addresses too", async () => {
  const open = await listen((socket) => void socket.on("error", () => {}).resume());
  expect(await tryProbe({ kind: "tcp", host: "127.0.0.1", port: open.port }, attempt())).toEqual({ ok: true });
  const port = await freePort();
  const refused = { ok: false, why: expect.stringContaining("ECONNREFUSED") };
  expect(await tryProbe({ kind: "tcp", host: "127.0.0.1", port }, attempt())).toMatchObject(refused);
  expect(await tryProbe({ kind: "tcp", host: "localhost", port }, attempt())).toMatchObject(refused);
  expect(await tryProbe(http(port), attempt())).toMatchObject(refused);
});

test("exec: exit 0 is well, anything else is not, and says how it ended", async () => {
  expect(await tryProbe(shell("exit 0"), attempt())).toEqual({ ok: true });
  expect(await tryProbe(shell("exit 3"), attempt())).toEqual({ ok: false, why: "exited 3" });
  expect(await tryProbe(shell("kill -TERM $$"), attempt())).toEqual({ ok: false, why: "was killed by SIGTERM" });
});

test("exec: runs in the folder and environment that it is given", async () => {
  const env = { ...guard.env, WANTED: "yes" };
  expect(await tryProbe(shell('[ "$PWD $WANTED" = "/tmp yes" ]'), attempt({ env }))).toEqual({ ok: true });
});

test("exec: is killed with its group at the time of the try", async () => {
  const result = await tryProbe(shell("trap '' TERM; sleep 600 & wait"), attempt({ timeoutMs: 200 }));
  expect(result).toEqual({ ok: false, why: "took longer than 200 ms" });
  await until(() => guard.left().length === 0);
});

test("exec: a program that is not there is named", async () => {
  const probe: ExecProbe = { kind: "exec", command: { argv: ["no-such-check"], text: "no-such-check", shell: false } };
  expect(await tryProbe(probe, attempt())).toEqual({ ok: false, why: "cannot start: ENOENT no-such-check" });
});

test("a try that is no longer wanted ends at once, whatever its kind", async () => {
  const port = await serve(() => {});
  for (const probe of [http(port), shell("exec sleep 600")]) {
    const abort = new AbortController();
    const trying = tryProbe(probe, attempt({ signal: abort.signal }));
    abort.abort();
    expect(await trying).toMatchObject({ ok: false });
    expect(await tryProbe(probe, attempt({ signal: abort.signal }))).toMatchObject({ ok: false });
  }
  await until(() => guard.left().length === 0);
});

test("a check that svc itself has no descriptors for is told from one that failed", () => {
  const script = fileURLToPath(new URL("../../fixtures/health/without-descriptors.js", import.meta.url));
  const { stdout, stderr } = spawnSync("sh", ["-c", `ulimit -n 60; exec "${process.execPath}" "${script}"`], {
    env: guard.env,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(Array(3).fill({ ok: false, why: expect.stringContaining("EMFILE"), unmade: true }));
});
