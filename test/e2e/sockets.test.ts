import { spawn } from "node:child_process";
import { copyFileSync, readdirSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadNative } from "../../src/effects/native/native.ts";
import { fixture, type Place, sh, usePlaces } from "../helpers/fleet.ts";
import { startNode } from "../helpers/node.ts";
import { collect, lineFrom } from "../helpers/output.ts";
import { freePort } from "../helpers/ports.ts";
import { signal } from "../helpers/processes.ts";
import { startProgram } from "../helpers/typescript.ts";
import { until } from "../helpers/until.ts";

const guard = usePlaces();
const { place: emptyPlace, env } = guard;

const sleeper = { command: "sleep 600" };
const server = { command: ["node", "listens.cjs"], ready: { log: "listening" } };
/** Starts to serve once the file `go` exists. */
const gated = { ...server, command: sh("until [ -e go ]; do sleep 0.02; done; exec node listens.cjs") };

function place(): Place {
  const at = emptyPlace();
  copyFileSync(fixture("services/listens.cjs"), join(at.path, "listens.cjs"));
  return at;
}

describe.skipIf("missing" in loadNative())("a socket", () => {
  test("is descriptor 3 of its service, in the way of systemd, and of nobody else", async () => {
    const at = place();
    const socket = { port: await freePort(), host: "127.0.0.1" };
    const told = { command: sh("echo >&4; exec sleep 600"), ready: { fd: 4 }, socket: await freePort() };
    const svc = await at.start({ web: { ...server, socket }, told, other: sleeper });
    const web = await at.has("web", "running");
    await until(() => /^web +\| fds 1, names web, for me: true$/m.test(svc.stdout()));
    expect(socketsOf(web.pid!)).toContain("3");
    expect(socketsOf((await at.has("told", "running")).pid!)).toEqual(["3"]);
    expect(socketsOf((await at.has("other", "running")).pid!)).toEqual([]);
    expect(await answerOf(socket.port)).toBe(`1 ${web.pid}`);
  });

  test.skipIf(process.getuid?.() !== 0)("is handed to a service with rights of its own too", async () => {
    const at = place();
    const port = await freePort();
    const command = sh('echo "for me: $([ "$LISTEN_PID" = $$ ] && echo yes), as $(id -u)"; exec sleep 600');
    const svc = await at.start({ web: { command, user: 65_534, umask: "027", cwd: "/", limits: { files: 64 }, socket: port } });
    await until(() => /^web +\| for me: yes, as 65534$/m.test(svc.stdout()));
    expect(socketsOf((await at.row("web")).pid!)).toEqual(["3"]);
  });

  test("is shared by all instances, also by those that a scale adds", async () => {
    const at = place();
    const port = await freePort();
    await at.start({ web: { ...server, socket: port, instances: 2 } });
    await at.has("web.2", "running");
    expect(await at.svc("scale", "web=3")).toMatchObject({ code: 0 });
    await Promise.all([1, 2].map((instance) => at.svc("stop", `web.${instance}`)));
    expect(await answerOf(port)).toBe(`3 ${(await at.row("web.3")).pid}`);
  });

  test("lets connections wait from the first start on, and through a restart", async () => {
    const at = place();
    const port = await freePort();
    await at.start({ web: { ...gated, socket: { port } } });
    await at.has("web", "starting");
    const first = await connected(port);
    at.write("go", "");
    const web = await at.has("web", "running");
    expect(await first.answer).toBe(`1 ${web.pid}`);
    expect(await at.svc("restart", "web")).toMatchObject({ code: 0 });
    expect(await answerOf(port)).toBe(`1 ${(await at.row("web")).pid}`);
  });

  test("lets them wait through the delay after a crash", async () => {
    const at = place();
    const port = await freePort();
    await at.start({ web: { ...server, socket: { port }, backoff: { initial: "1h", max: "1h" } } });
    signal((await at.has("web", "running")).pid!, "SIGKILL");
    await at.has("web", "backoff");
    const { answer } = await connected(port);
    expect(await at.svc("start", "web")).toMatchObject({ code: 0 });
    expect(await answer).toBe(`1 ${(await at.row("web")).pid}`);
  });

  test("refuses them where its service is stopped or has failed, and is there again with the next start", async () => {
    const at = place();
    const port = await freePort();
    await at.start({ web: { ...server, socket: { port }, restart: "never" }, other: sleeper });
    const web = await at.has("web", "running");
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(await answerOf(port)).toBe("ECONNREFUSED");
    expect((await at.svc("status", "web")).stdout).toContain(`port ${port} (closed)\n`);
    expect(await at.svc("start", "web")).toMatchObject({ code: 0 });
    expect((await at.svc("status", "web")).stdout).toContain(`port ${port} (open)\n`);
    const again = await at.row("web");
    expect(again.pid).not.toBe(web.pid);
    expect(await answerOf(port)).toBe(`1 ${again.pid}`);
    signal(again.pid!, "SIGKILL");
    await at.has("web", "failed");
    expect(await answerOf(port)).toBe("ECONNREFUSED");
  });

  test("stays through a reload that does not change it, moves with one that does, and goes from one service to another", async () => {
    const at = place();
    const [port, next] = [await freePort(), await freePort()];
    const reload = async (services: object) => {
      at.write("services.json", { services });
      const { code, stderr } = await at.svc("reload");
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.anything() });
    };
    await at.start({ web: { ...gated, socket: port }, other: sleeper });
    await at.has("web", "starting");
    const early = await connected(port);
    at.write("go", "");
    await reload({ web: { ...gated, socket: port, env: { NEW: 1 } }, other: sleeper });
    expect(await early.answer).toMatch(/^1 \d+$/);
    await reload({ web: { ...gated, socket: { port, host: "127.0.0.1" } }, other: sleeper });
    expect(await answerOf(port)).toBe(`1 ${(await at.row("web")).pid}`);
    await reload({ web: { ...gated, socket: next }, other: sleeper });
    expect(await answerOf(port)).toBe("ECONNREFUSED");
    await reload({ site: { ...gated, socket: next }, other: sleeper });
    expect(await answerOf(next)).toBe(`1 ${(await at.row("site")).pid}`);
  });

  test("that cannot be opened fails its service for good, with who is in the way and the cure", async () => {
    const at = place();
    const port = await freePort();
    const holder = spawn(process.execPath, ["-e", `require("node:net").createServer().listen(${port}, () => console.log("listening"))`], {
      env,
    });
    await lineFrom(holder.stdout, "listening");
    const { code, stderr } = await at.start({ web: { ...server, socket: port, essential: true }, other: sleeper }).then(
      (svc) => svc.ended,
      (error: Error) => JSON.parse(error.message.slice(error.message.indexOf("{"))),
    );
    expect(code).toBe(1);
    const sentence = `web failed: cannot start: EADDRINUSE port ${port}: \\S+ \\(pid ${holder.pid}\\) listens there; stop it, or choose another port\\n`;
    expect(stderr).toMatch(new RegExp(sentence));
  });

  test("is for services written in TypeScript too", async () => {
    const at = place();
    const port = await freePort();
    const head = 'import { createServer } from "node:http";';
    const web = `{ socket: ${port}, ready: { message: true }, service: async (ctx) => {
      const server = createServer((_request, response) => response.end(ctx.name + " " + (process.env.LISTEN_PID === String(process.pid)) + "\\n"));
      server.listen({ fd: 3 }, () => ctx.ready());
      await forever(ctx);
    } }`;
    await startProgram(at, { head, services: `{ web: ${web} }` });
    await at.has("web", "running");
    expect(await answerOf(port)).toBe("web true");
  });
});

test.skipIf("missing" in loadNative())("in an app, a process gets a socket, and a task is refused one", async () => {
  const at = place();
  const port = await freePort();
  at.write(
    "app.mjs",
    `import { ServiceRunner } from "${new URL("../../dist/index.js", import.meta.url).href}";
    const socket = { port: ${port} };
    const refused = await new ServiceRunner().register("task", { service: async () => {}, socket }).start().catch((error) => error.message);
    const runner = new ServiceRunner().register("web", { command: ["node", "listens.cjs"], socket });
    await runner.start();
    const answer = await (await fetch("http://127.0.0.1:${port}/")).text();
    await runner.stop();
    const after = await fetch("http://127.0.0.1:${port}/").catch((error) => error.cause.code);
    console.log("> " + JSON.stringify({ refused, answer, after }));`,
  );
  const { stdout } = await startNode(at, guard, ["app.mjs"]).ended;
  expect(JSON.parse(/^> (.*)$/m.exec(stdout)?.[1] ?? "{}")).toEqual({
    refused: expect.stringContaining("services.task.socket: a task inside this process has none of its own"),
    answer: expect.stringMatching(/^1 \d+\n$/),
    after: "ECONNREFUSED",
  });
});

describe.skipIf("missing" in loadNative())("with 200 new connections a second", { timeout: 300_000 }, () => {
  test("one instance is restarted three times, and not one connection is refused or fails", async () => {
    const at = place();
    const port = await freePort();
    await at.start({ web: { ...server, socket: port } });
    await at.has("web", "running");
    const load = await startLoad(port, 200);
    await load.reaches((await at.row("web")).pid);
    for (const _ of [1, 2, 3]) expect(await at.svc("restart", "web")).toMatchObject({ code: 0 });
    await load.reaches((await at.row("web")).pid);
    const { opened, answered, failed } = await load.end();
    expect(failed).toEqual({});
    expect(answered).toBe(opened);
  });

  test("several instances go one at a time, and where the new version does not get up, the old ones serve on", async () => {
    const at = place();
    const port = await freePort();
    await at.start({ web: { ...server, socket: port, instances: 3, backoff: { initial: "1h", max: "1h" } } });
    const pids = await pidsOf(at, 3);
    const load = await startLoad(port, 200);
    expect(await at.svc("restart", "web")).toMatchObject({ code: 0 });
    const next = await pidsOf(at, 3);
    expect(next.filter((pid) => pids.includes(pid))).toEqual([]);
    at.write("broken", "");
    const { code, stderr } = await at.svc("restart", "web");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("web.1 is not up: exited 1") });
    expect(stderr).toContain("the new version is broken");
    expect(await at.row("web.1")).toMatchObject({ state: "backoff" });
    expect(await pidsOf(at, 3)).toEqual([null, next[1], next[2]]);
    const { opened, answered, failed } = await load.end();
    expect(failed).toEqual({});
    expect(answered).toBe(opened);
    expect(["2", "3"]).toContain((await answerOf(port)).split(" ")[0]);
  });
});

test("without svc's native part a socket is refused, with the reason and the cure", async () => {
  const at = place();
  at.write("services.json", { services: { web: { ...server, socket: await freePort() } } });
  const { code, stderr } = await at.spawn(["start"], { env: { SVC_NO_NATIVE: "1" } }).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /web failed: cannot start: ENOTSUP port \d+: this needs svc's native part, and SVC_NO_NATIVE is set: npm install koffi/,
  );
});

async function pidsOf(at: Place, count: number): Promise<(number | null)[]> {
  const names = Array.from({ length: count }, (_, index) => `web.${index + 1}`);
  await until(async () => (await at.row(names.at(-1)!)).ready);
  return Promise.all(names.map(async (name) => (await at.row(name)).pid));
}

/** The descriptors of a process that are sockets. */
function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => targetOf(`/proc/${pid}/fd/${fd}`).startsWith("socket:"));
}

/** Empty where the descriptor has been closed meanwhile. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

/** A connection that the kernel has taken, with a request that is to be answered: by the last line of an answer, or an error's code. */
function connected(port: number): Promise<{ readonly answer: Promise<string> }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1").on("error", reject);
    const output = collect(socket);
    const answer = new Promise<string>((done) => socket.on("close", () => done(output.lines().at(-1) ?? "")));
    socket.on("connect", () => {
      socket.write("GET / HTTP/1.0\r\n\r\n");
      resolve({ answer });
    });
  });
}

function answerOf(port: number): Promise<string> {
  return connected(port).then(
    ({ answer }) => answer,
    (error: NodeJS.ErrnoException) => error.code ?? "",
  );
}

interface Report {
  readonly opened: number;
  readonly answered: number;
  readonly failed: Readonly<Record<string, number>>;
}

interface Load {
  /** Waits until this process has answered. */
  reaches(pid: number | null): Promise<unknown>;
  end(): Promise<Report>;
}

async function startLoad(port: number, rate: number): Promise<Load> {
  const load = spawn(process.execPath, [fixture("processes/connects.js"), String(port), String(rate)], { env });
  const output = collect(load.stdout);
  await until(() => output.lines().includes("ready"));
  return {
    reaches: (pid) => until(() => output.lines().includes(`answered by ${pid}`)),
    end: async () => {
      load.stdin.end();
      return JSON.parse(await until(() => output.lines().find((line) => line.startsWith("{")) ?? "", { timeout: 180_000 }));
    },
  };
}
