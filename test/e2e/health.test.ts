import { describe, expect, test } from "vitest";
import { fixture, type Place, sh, usePlaces } from "../helpers/fleet.ts";
import { startNode } from "../helpers/node.ts";
import { freePort } from "../helpers/ports.ts";
import { isGone } from "../helpers/processes.ts";
import { startProgram } from "../helpers/typescript.ts";
import { until } from "../helpers/until.ts";

const guard = usePlaces();
const { place } = guard;

const isRoot = process.getuid?.() === 0;
const sleeper = { command: "sleep 600" };
const soon = { initial: "10ms" };

/** A server whose answers the file `status` decides, and a check that asks for them often. */
async function web(more: Readonly<Record<string, unknown>> = {}, ready: Readonly<Record<string, unknown>> = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/healthz`;
  return {
    url,
    spec: {
      command: ["node", fixture("health/web.cjs"), String(port)],
      ready: { tcp: port, interval: "20ms", ...ready },
      health: { http: url, interval: "20ms", timeout: "20s", ...more },
      backoff: soon,
    },
  };
}

/** A statement that keeps an event loop from turning, as a busy one would, but leaves the processor to the other tests. */
const standFor = (ms: number): string => `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});`;

const asked = (at: Place, status: string): number => at.lines("asked").filter((line) => line === status).length;

describe("a service that is unhealthy", () => {
  test("is restarted, with a reason that everybody can see", async () => {
    const at = place();
    const { spec, url } = await web();
    const svc = await at.start({ web: spec });
    const first = await at.shows("web", (row) => row.healthy === true);
    expect(first).toMatchObject({ state: "running", ready: true });
    at.write("status", "503");
    // The next life may be found unhealthy, too, before it is told to be well.
    await at.shows("web", (row) => row.restarts >= 1);
    at.write("status", "200");
    const second = await at.shows("web", (row) => row.state === "running" && row.healthy === true);
    expect(second.pid).not.toBe(first.pid);
    const reason = `unhealthy: GET ${url} answered 503, 3 times in a row`;
    expect(second.lastExit).toMatchObject({ kind: "unhealthy", reason, signal: "SIGTERM" });
    await until(() => svc.stderr().includes(`svc | web ${reason}, restarting in `));
    expect((await at.svc("status", "web")).stdout).toContain(`GET ${url}: passed`);
  });

  test("is failed where its restarts are used up, or none is made", async () => {
    const at = place();
    const never = { ...sleeper, health: { exec: "false", interval: "20ms", timeout: "1m", retries: 2 }, restart: "never" };
    await at.start({
      never,
      limited: { ...never, restart: "always", backoff: soon, maxRestarts: { count: 1, within: "1m" } },
      other: sleeper,
    });
    const reason = "unhealthy: false exited 1, 2 times in a row";
    expect(await at.has("never", "failed")).toMatchObject({ healthy: null, lastExit: { kind: "unhealthy", reason } });
    expect(await at.has("limited", "failed")).toMatchObject({ restarts: 1, lastExit: { kind: "unhealthy" } });
  });

  test("is left alone where that is asked: it is shown, `svc health` fails, and all is well when a check passes again", async () => {
    const at = place();
    const { spec, url } = await web({ onFailure: "ignore" });
    const svc = await at.start({ web: spec, other: sleeper });
    expect((await at.svc("wait", "web", "--for", "healthy")).code).toBe(0);
    await until(async () => (await at.svc("health")).code === 0);
    const never = { code: 1, stderr: expect.stringContaining("other will not be healthy: it has no health check") };
    expect(await at.svc("wait", "other", "--for", "healthy")).toMatchObject(never);
    at.write("status", "500");
    expect((await at.svc("wait", "web", "--for", "unhealthy")).code).toBe(0);
    const row = await at.has("web", "unhealthy");
    expect(row).toMatchObject({ ready: true, healthy: false, restarts: 0 });
    const reason = `GET ${url} answered 500, 3 times in a row`;
    expect(await at.svc("health")).toMatchObject({ code: 1, stderr: `svc: web is unhealthy (${reason})\n` });
    expect((await at.svc("status", "web")).stdout).toMatch(/last check +\S+ {2}GET \S+ answered 500: failed, \d+ times in a row/);
    at.write("status", "200");
    expect(await at.has("web", "running")).toMatchObject({ healthy: true, pid: row.pid });
    expect(await at.svc("health")).toMatchObject({ code: 0 });
    await until(() => svc.stderr().includes("| web is healthy again\n"));
    expect(svc.stderr()).toContain(`| web is unhealthy: ${reason}\n`);
  });

  test("stops everything where that is asked, and svc exits with 1", async () => {
    const at = place();
    const { spec } = await web({ onFailure: "shutdown" });
    const svc = await at.start({ web: spec, worker: { ...sleeper, dependsOn: { web: "healthy" } } });
    const worker = await at.has("worker", "running");
    at.write("status", "503");
    const { code, stderr } = await svc.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^svc +\| web is unhealthy: GET \S+ answered 503, 3 times in a row$/m);
    expect(stderr).toMatch(/^svc +\| stopping all services: web is unhealthy$/m);
    expect(isGone(worker.pid!)).toBe(true);
  });
});

describe("what restarts nothing", () => {
  test("failures in a row that are fewer than `retries`", async () => {
    const at = place();
    // Of three checks, two fail: the file counts them.
    const flaps = sh("echo x >> checks; [ $(($(wc -l < checks) % 3)) = 0 ]");
    await at.start({ web: { ...sleeper, health: { exec: flaps, interval: 0, timeout: "1m" } } });
    await until(() => at.lines("checks").length > 30);
    expect(await at.row("web")).toMatchObject({ state: "running", healthy: true, restarts: 0 });
  });

  test("one slow answer", async () => {
    const at = place();
    const { spec } = await web({ timeout: "2s" });
    await at.start({ web: spec });
    await at.shows("web", (row) => row.healthy === true);
    at.write("status", "hang");
    await until(() => asked(at, "hang") === 1);
    const before = asked(at, "200");
    // Checks come one after the other, so the slow one is over when there are more.
    await until(() => asked(at, "200") > before + 10);
    expect(await at.row("web")).toMatchObject({ state: "running", healthy: true, restarts: 0 });
  });

  test("an event loop that stands for less than its limit", async () => {
    const at = place();
    const blocks = `async (ctx) => { await ctx.sleep("100ms"); ${standFor(1500)} note("free"); await forever(ctx); }`;
    await startProgram(at, { services: `{ job: { service: ${blocks}, health: { eventLoop: "1m" } } }` });
    await until(() => at.lines("notes").includes("free"));
    expect(await at.shows("job", (row) => row.healthy === true)).toMatchObject({ state: "running", restarts: 0, lastExit: null });
  });

  test("failures in the start period, before a check has passed", async () => {
    const at = place();
    const health = { exec: sh("echo x >> checks; [ -e well ]"), interval: "10ms", startPeriod: "1h", retries: 1 };
    await at.start({ web: { ...sleeper, health, backoff: soon } });
    await until(() => at.lines("checks").length > 5);
    expect(await at.row("web")).toMatchObject({ state: "running", healthy: null, restarts: 0 });
    at.write("well", "");
    await at.shows("web", (row) => row.healthy === true);
    expect((await at.row("web")).restarts).toBe(0);
  });
});

describe("an event loop that stands", () => {
  const stop = { timeout: "200ms" };
  // In its first life, once the file `go` exists: not before svc has seen it turn, as until then it may still be loading.
  const stands = `{
    const { existsSync } = await import("node:fs");
    while (process.env.SVC_RESTARTS === "0" && !existsSync("go")) await ctx.sleep("20ms");
    if (process.env.SVC_RESTARTS === "0") ${standFor(600_000)}
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
  }`;

  test("is found by `eventLoop`", async () => {
    const at = place();
    const svc = await startProgram(at, {
      services: `{ job: { service: async (ctx) => ${stands}, health: { eventLoop: "2s" }, stop: { timeout: "200ms" }, backoff: { initial: "10ms" } } }`,
    });
    await at.shows("job", (one) => one.healthy === true);
    at.write("go", "");
    const row = await at.shows("job", (one) => one.restarts > 0);
    const reason = "unhealthy: its event loop did not turn in 2 s";
    expect(row.lastExit).toMatchObject({ kind: "unhealthy", reason, signal: "SIGKILL" });
    await svc.says(`job ${reason}, restarting in `);
    await at.shows("job", (one) => one.healthy === true);
  });

  test("is found by `http`", async () => {
    const at = place();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const command = ["node", fixture("health/blocks.cjs"), String(port)];
    const health = { http: url, interval: "100ms", timeout: "1s" };
    await at.start({ web: { command, ready: { tcp: port, interval: "20ms" }, health, stop, backoff: soon } });
    const first = await at.shows("web", (row) => row.healthy === true);
    at.write("go", "");
    await until(() => at.exists("blocked"));
    const row = await at.shows("web", (one) => one.pid !== first.pid && one.healthy === true);
    expect(row.restarts).toBeGreaterThan(0);
    const reason = `unhealthy: GET ${url} gave no answer in 1 s, 3 times in a row`;
    expect(row.lastExit).toMatchObject({ kind: "unhealthy", reason });
  });

  test("is found in a module of a ServiceRunner", async () => {
    const at = place();
    at.write("job.mjs", `export default async (ctx) => ${stands};`);
    at.write(
      "app.mjs",
      `import { writeFileSync } from "node:fs";
      import { ServiceRunner } from "${new URL("../../dist/index.js", import.meta.url).href}";
      const runner = new ServiceRunner();
      runner.register("job", {
        module: new URL("./job.mjs", import.meta.url), health: { eventLoop: "2s" }, stop: { timeout: "200ms" }, backoff: { initial: "10ms" },
      });
      await runner.start();
      const look = setInterval(async () => {
        const [row] = runner.list();
        if (row.healthy === true) writeFileSync("go", "");
        if (row.restarts === 0 || row.healthy !== true) return;
        clearInterval(look);
        console.log("> " + row.lastExit.reason);
        await runner.stop();
      }, 20);`,
    );
    const { stdout, code } = await startNode(at, guard, ["app.mjs"]).ended;
    expect(stdout).toContain("> unhealthy: its event loop did not turn in 2 s\n");
    expect(code).toBe(0);
  });
});

describe("a check", () => {
  test("is one at a time", async () => {
    const at = place();
    await at.start({ web: { ...sleeper, health: { exec: ["sh", fixture("health/alone.sh")], interval: 0, timeout: "1m" } } });
    await until(() => at.lines("checks").length > 10);
    expect(at.lines("overlaps")).toEqual([]);
  });

  test("that takes too long is ended with all that it has started", async () => {
    const at = place();
    const health = { exec: ["sh", fixture("health/slow-check.sh")], interval: 0, timeout: "300ms", retries: 1_000 };
    await at.start({ web: { ...sleeper, health } });
    // The second one begins when the first is over, and nothing is left of it.
    await until(() => at.lines("checks").length > 1);
    expect(
      at
        .lines("checks")[0]!
        .split(" ")
        .map((pid) => isGone(Number(pid))),
    ).toEqual([true, true]);
    expect(await at.row("web")).toMatchObject({ state: "running", restarts: 0 });
  });

  test("ends with its service", async () => {
    const at = place();
    const health = { exec: ["sh", fixture("health/slow-check.sh")], interval: 0, timeout: "1h" };
    await at.start({ web: { ...sleeper, health }, other: sleeper });
    await until(() => at.lines("checks").length === 1);
    await at.svc("stop", "web");
    const pids = at.lines("checks")[0]!.split(" ").map(Number);
    await until(() => pids.every(isGone));
  });

  test("does not begin before the service is ready, and is not made of one that is down", async () => {
    const at = place();
    const exec = sh("[ -e go ] || echo early >> early; echo x >> checks");
    const health = { exec, interval: "10ms" };
    await at.start({ web: { ...sleeper, ready: { exec: sh("echo x >> tries; [ -e go ]"), interval: "20ms" }, health }, other: sleeper });
    await until(() => at.lines("tries").length > 5);
    expect(at.lines("checks")).toEqual([]);
    at.write("go", "");
    await until(() => at.lines("checks").length > 5);
    expect(at.lines("early")).toEqual([]);
    await at.svc("stop", "web");
    const { length } = at.lines("checks");
    // A start and a stop of another service later, none has come.
    await at.svc("restart", "other");
    expect(at.lines("checks").length).toBe(length);
  });

  test.runIf(isRoot)("is made with the rights of the service", async () => {
    const at = place();
    const health = { exec: sh('[ "$(id -u)" = 65534 ]'), interval: "20ms" };
    await at.start({ web: { ...sleeper, cwd: "/", user: 65534, health } });
    await at.shows("web", (row) => row.healthy === true);
  });

  test("of a living service can be changed by a reload, which does not restart it", async () => {
    const at = place();
    const services = (exec: string) => ({ web: { ...sleeper, health: { exec, interval: "20ms", onFailure: "ignore" } }, other: sleeper });
    await at.start({ web: sleeper, other: sleeper });
    const { pid } = await at.has("web", "running");
    at.write("services.json", { services: services("true") });
    expect((await at.svc("reload")).code).toBe(0);
    await at.shows("web", (row) => row.healthy === true);
    at.write("services.json", { services: services("false") });
    expect((await at.svc("reload")).code).toBe(0);
    await at.has("web", "unhealthy");
    at.write("services.json", { services: { web: sleeper, other: sleeper } });
    expect((await at.svc("reload")).code).toBe(0);
    expect(await at.row("web")).toMatchObject({ state: "running", healthy: null, pid, restarts: 0 });
  });
});

test("what depends on a healthy service waits for its first good check", async () => {
  const at = place();
  const health = { exec: sh("echo x >> checks; [ -e go ]"), interval: "10ms", startPeriod: "1h" };
  await at.start({ db: { ...sleeper, health }, web: { ...sleeper, dependsOn: { db: "healthy" } } });
  await until(() => at.lines("checks").length > 5);
  expect(await at.row("db")).toMatchObject({ state: "running", healthy: null });
  expect(await at.row("web")).toMatchObject({ state: "waiting", startedAt: null });
  const went = Date.now();
  at.write("go", "");
  const row = await at.has("web", "running");
  expect(Date.parse(row.startedAt!)).toBeGreaterThanOrEqual(went);
  expect((await at.row("db")).healthy).toBe(true);
});

test("what depends on a healthy service waits also through the restart of one that is not", async () => {
  const at = place();
  const health = { exec: sh('[ "$SVC_RESTARTS" = 1 ]'), interval: "20ms", retries: 2 };
  await at.start({ db: { ...sleeper, health, backoff: soon }, web: { ...sleeper, dependsOn: { db: "healthy" } } });
  const web = await at.has("web", "running");
  const db = await at.row("db");
  expect(db).toMatchObject({ state: "running", healthy: true, restarts: 1, lastExit: { kind: "unhealthy" } });
  expect(Date.parse(web.startedAt!)).toBeGreaterThanOrEqual(Date.parse(db.startedAt!));
});

test("a task inside an app has no event loop of its own: a runner refuses to watch it", async () => {
  const at = place();
  at.write(
    "app.mjs",
    `import { ServiceRunner } from "${new URL("../../dist/index.js", import.meta.url).href}";
    const runner = new ServiceRunner();
    runner.register("task", { service: async () => {}, health: { eventLoop: "1s" }, ready: { notify: true } });
    await runner.start().catch((error) => console.log(error.message));`,
  );
  const { stdout } = await startNode(at, guard, ["app.mjs"]).ended;
  expect(stdout).toMatch(/services\.task\.health\.eventLoop: a task inside this process has none of its own/);
  expect(stdout).toMatch(/services\.task\.ready\.notify: a task inside this process has none of its own/);
});
