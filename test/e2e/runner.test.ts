import { describe, expect, test } from "vitest";
import { type Place, usePlaces } from "../helpers/fleet.ts";
import { startNode } from "../helpers/node.ts";
import { isGone, processesWith, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

/** `ServiceRunner` inside real apps: each is a program of its own that ends by itself, or is hung. */

const guard = usePlaces();
const { place } = guard;

const INDEX = new URL("../../dist/index.js", import.meta.url).href;
const HEAD = `
import { ServiceRunner } from "${INDEX}";
import { appendFileSync } from "node:fs";
const note = (text) => appendFileSync("notes", text + "\\n");
const say = (value) => console.log("> " + JSON.stringify(value));
const state = (runner) => Object.fromEntries(runner.list().map((row) => [row.name, row.state]));
const refused = async (act) => { try { await act(); return null; } catch (error) { return error.message; } };
class Beat {
  constructor(every = "60s") { this.every = every; }
  async run(ctx) { note("run"); do ctx.log("tick"); while (await ctx.sleep(this.every)); note("over"); }
  stop() { note("stop"); }
}
`;

/** Runs the app to its end; returns what it said. */
async function app(at: Place, code: string) {
  at.write("app.mjs", HEAD + code);
  const { ended } = startNode(at, guard, ["app.mjs"]);
  const done = await ended;
  const said: unknown[] = done.stdout.split("\n").flatMap((line) => (line.startsWith("> ") ? [JSON.parse(line.slice(2))] : []));
  return { ...done, said };
}

describe("a runner in an app", () => {
  test("T02 T03 T06 T24 T28 starts at once, stops all in one go, leaves nothing, and lets the app end by itself", async () => {
    const at = place();
    at.write("worker.mjs", `export default class { async run(ctx) { ctx.ready(); await ctx.sleep("1h"); } }`);
    const { code, said, stdout, stderr } = await app(
      at,
      `const runner = new ServiceRunner();
      runner.register("object", new Beat("60s")).register("class", Beat).register("function", async (ctx) => { await ctx.sleep("1h"); });
      runner.register("module", { module: new URL("./worker.mjs", import.meta.url), ready: { message: true } });
      runner.register("command", { command: "sleep 600" });
      say(state(runner));
      await runner.start();
      say(state(runner)); say(["object", "module", "command"].map((name) => runner.isRunning(name)));
      say(runner.list().filter((row) => row.pid === process.pid).map((row) => row.name));
      await runner.stop();
      say(state(runner)); say(runner.isRunning("object"));`,
    );
    expect(stderr).not.toContain("Error");
    expect(code).toBe(0);
    const names = ["object", "class", "function", "module", "command"];
    const all = (state: string) => Object.fromEntries(names.map((name) => [name, state]));
    expect(said).toEqual([all("stopped"), all("running"), [true, true, true], ["object", "class", "function"], all("stopped"), false]);
    expect(stdout).toMatch(/^object +\| tick$/m);
    expect(at.lines("notes").sort()).toEqual(["over", "over", "run", "run", "stop", "stop"]);
    expect(processesWith(guard.marker)).toEqual([]);
  });

  test("T27 stops one, restarts one, and leaves the others alone", async () => {
    const { said, code } = await app(
      place(),
      `const runner = new ServiceRunner();
      runner.register("a", new Beat()).register("b", { command: "sleep 600" });
      await runner.start();
      const pid = () => runner.list().find((row) => row.name === "b").pid;
      const before = pid();
      await runner.stopService("a"); say(state(runner)); say(pid() === before);
      await runner.restartService("a"); await runner.restartService("b"); say(state(runner)); say(pid() === before);
      say(await refused(() => runner.stopService("c")));
      await runner.stop();`,
    );
    expect(code).toBe(0);
    expect(said).toEqual([{ a: "stopped", b: "running" }, true, { a: "running", b: "running" }, false, expect.stringContaining('"c"')]);
  });

  test("a task has the app's own environment for the commands that check it", async () => {
    const { said, code } = await app(
      place(),
      `process.env.OF_THE_APP = "yes";
      const runner = new ServiceRunner();
      const exec = ["sh", "-c", "test $OF_THE_APP = yes"];
      runner.register("a", { service: new Beat(), ready: { exec, interval: "20ms" }, health: { exec, interval: "20ms", timeout: "1m" } });
      await runner.start(); say(state(runner));
      while (runner.list()[0].healthy === null) await new Promise((resolve) => setTimeout(resolve, 20));
      say(runner.list()[0].healthy);
      await runner.stop();`,
    );
    expect(code).toBe(0);
    expect(said).toEqual([{ a: "running" }, true]);
  });

  test("T32 T42 T43 a name that is taken, a start within a start, and what is no service are refused; a second start does nothing", async () => {
    const { said, code } = await app(
      place(),
      `const runner = new ServiceRunner();
      let inner;
      runner.register("a", { async run(ctx) { inner = await refused(() => runner.start()); await ctx.sleep("1h"); } });
      say(await refused(() => runner.register("a", new Beat())));
      await runner.start();
      say(inner); say(await refused(() => runner.start())); say(runner.list().length);
      say(await refused(() => runner.register("b", new Beat())));
      await runner.stop();
      const bad = new ServiceRunner().register("x", { command: "sleep 1", colour: 1 }).register("y", { command: "true", module: "./y.mjs" });
      say(await refused(() => bad.start()));`,
    );
    expect(code).toBe(0);
    expect(said).toEqual([
      'cannot register "a": the name is taken',
      "cannot start the runner: it is starting already (does a service's run() call start()?)",
      null,
      1,
      'cannot register "b": the runner is running; register before start()',
      expect.stringMatching(/services\.x\.colour[\s\S]*services\.y: expected exactly one of/),
    ]);
  });

  test("T45 a task that ignores its stop costs one deadline, and is listed as failed", async () => {
    const { said, code } = await app(
      place(),
      `const runner = new ServiceRunner({ shutdownTimeout: "400ms" });
      const deaf = { run: () => new Promise(() => {}), stop() {} };
      for (let each = 1; each <= 100; each++) runner.register("deaf" + each, { ...deaf });
      runner.register("good", new Beat());
      await runner.start();
      const before = performance.now();
      await runner.stop();
      const took = performance.now() - before;
      // One deadline for each would be forty seconds.
      say(took >= 390 && took < 20_000);
      const { good, ...others } = state(runner);
      say([good, ...new Set(Object.values(others))]); say(runner.list()[0].lastExit.reason);`,
    );
    expect(code).toBe(0);
    expect(said).toEqual([true, ["stopped", "failed"], "did not stop"]);
  });

  test("T35 T41 a task that throws is restarted; a stop() that throws keeps nobody from being stopped", async () => {
    const { said, code, stderr } = await app(
      place(),
      `const runner = new ServiceRunner();
      let runs = 0;
      const twice = new Promise((done) => {
        runner.register("bad", { service: async (ctx) => { if (++runs === 2) done(); else throw new Error("boom"); await ctx.sleep("1h"); }, backoff: { initial: "10ms" } });
      });
      runner.register("rude", { async run(ctx) { await ctx.sleep("1h"); }, stop() { throw new Error("no stop"); } });
      await runner.start();
      await twice;
      say(runner.list()[0].restarts);
      await runner.stop();
      say(state(runner));`,
    );
    expect(code).toBe(0);
    expect(said).toEqual([1, { bad: "stopped", rude: "stopped" }]);
    expect(stderr).toContain("Error: boom");
    expect(stderr).toContain("stop() threw Error: no stop");
  });

  test("a one-shot that has ended, and one that cannot start, leave the runner up", async () => {
    const { said, code } = await app(
      place(),
      `const runner = new ServiceRunner().register("once", async () => {}).register("beat", new Beat()).register("none", { command: "no-such-program" });
      say(await refused(() => runner.start()));
      say(state(runner));
      await runner.restartService("once"); await runner.restartService("beat");
      const changes = [];
      runner.onChange(({ name, to, reason }) => { if (name === "beat") changes.push([to, reason]); });
      await runner.stop();
      say(changes);`,
    );
    expect(code).toBe(0);
    expect(said).toEqual([
      expect.stringContaining("none"),
      { once: "completed", beat: "running", none: "failed" },
      // How it ended before is no reason for what happens now.
      [
        ["stopping", null],
        ["stopped", "exited 0"],
      ],
    ]);
  });

  test("T28 an HTTP server that starts it and stops it: ready, SIGTERM, exit 0, nothing left; and the app's signals are its own", async () => {
    const at = place();
    at.write(
      "app.mjs",
      `${HEAD}
      import { createServer } from "node:http";
      process.once("SIGTERM", async () => { server.close(); await runner.stop(); console.log("closed"); });
      const listeners = () => process.eventNames().flatMap((name) => process.listeners(name));
      const before = listeners();
      const runner = new ServiceRunner();
      runner.register("beat", new Beat()).register("job", { command: "sleep 600" }).register("every", { service: () => {}, every: "20ms" });
      const server = createServer((_, response) => response.end("ok"));
      server.listen(0, "127.0.0.1", async () => {
        await runner.start();
        const added = listeners().filter((one) => !before.includes(one));
        console.log(added.length === 0 ? "ready" : "handlers: " + added);
      });
`,
    );
    const running = startNode(at, guard, ["app.mjs"]);
    await until(() => /^ready$/m.test(running.stdout()) || running.stdout().includes("handlers"));
    expect(running.stdout()).not.toContain("handlers");
    signal(running.pid, "SIGTERM");
    const { code, stdout } = await running.ended;
    expect([code, stdout.includes("closed\n")]).toEqual([0, true]);
    expect(processesWith(guard.marker)).toEqual([]);
  });

  test("killed by SIGKILL, it leaves none of its services' processes; after stop() its keeper is gone too", async () => {
    const at = place();
    at.write(
      "app.mjs",
      `${HEAD}
      process.stdin.once("data", async () => { await runner.stop(); console.log("stopped"); await new Promise((done) => setTimeout(done, 600_000)); });
      const runner = new ServiceRunner().register("job", { command: ["sh", "-c", "sleep 600 & exec sleep 600"] });
      await runner.start();
      console.log("ready");`,
    );
    const start = async () => {
      const running = startNode(at, guard, ["app.mjs"]);
      await until(() => running.stdout().includes("ready"));
      // The app, its job with a child, and the keeper.
      await until(() => guard.left().length === 4);
      return running;
    };
    const first = await start();
    const pids = guard.left();
    signal(first.pid, "SIGKILL");
    await until(() => pids.every(isGone));

    const second = await start();
    second.process.stdin!.write("stop\n");
    await until(() => second.stdout().includes("stopped"));
    // It is waited for, though not for long.
    await until(() => guard.left().join() === `${second.pid}`);
  });

  test("with `signals: true` a SIGTERM stops it, and the app ends", async () => {
    const at = place();
    at.write(
      "app.mjs",
      `${HEAD}\nconst runner = new ServiceRunner({ signals: true }).register("job", { command: "sleep 600" });\nawait runner.start();\nconsole.log("ready " + runner.list()[0].pid);`,
    );
    const running = startNode(at, guard, ["app.mjs"]);
    await until(() => running.stdout().includes("ready"));
    const pid = Number(/ready (\d+)/.exec(running.stdout())![1]);
    signal(running.pid, "SIGTERM");
    expect((await running.ended).code).toBe(0);
    expect(isGone(pid)).toBe(true);
  });
});
