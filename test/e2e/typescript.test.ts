import { describe, expect, test } from "vitest";
import { usePlaces } from "../helpers/fleet.ts";
import { isGone, signal } from "../helpers/processes.ts";
import { runProgram, startProgram } from "../helpers/typescript.ts";
import { until } from "../helpers/until.ts";

/** Rows of the checklist of what a service runner does; each test begins with the numbers of its rows. */

const { place } = usePlaces();

const TICKER = `
class Ticker {
  constructor({ mark, every }) { this.mark = mark; this.every = every; }
  async run(ctx) {
    note(this.mark + " run");
    do note(this.mark + " tick"); while (await ctx.sleep(this.every));
    note(this.mark + " over");
  }
  stop() { note(this.mark + " stop"); }
}`;
const ticker = (mark: string, every: string) => `{ service: Ticker, options: { mark: "${mark}", every: "${every}" } }`;

describe("the life of a service", () => {
  test("T01 T02 T04 T06 T09 T24 a plain class runs until it is stopped by its name, its stop() is called once, and it exits 0", async () => {
    const at = place();
    const svc = await startProgram(at, {
      head: TICKER,
      services: `{ beat: ${ticker("b", "60s")}, idle: { ...${ticker("i", "1h")}, autostart: false } }`,
    });
    await at.has("beat", "running");
    expect(await at.row("idle")).toMatchObject({ state: "stopped", command: "service Ticker" });
    await until(() => at.lines("notes").includes("b tick"));
    expect(await at.svc("stop", "beat")).toMatchObject({ code: 0, stdout: "stopped beat\n" });
    expect(await at.row("beat")).toMatchObject({ state: "stopped", restarts: 0, lastExit: { code: 0, kind: "exited" } });
    expect(at.lines("notes")).toEqual(["b run", "b tick", "b stop", "b over"]);
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
  });

  test("T05 T07 T08 T21 T23 services of one class, each with its own options, run in processes of their own", async () => {
    const at = place();
    const services = `{ fast: ${ticker("f", "20ms")}, slow: ${ticker("s", "1h")}, other: { service: async (ctx) => { await forever(ctx); } }, stuck: { service: () => { note("stuck"); for (;;); }, stop: { timeout: "200ms" } } }`;
    await startProgram(at, { head: TICKER, services });
    const names = ["fast", "slow", "other", "stuck"];
    const pids = await Promise.all(names.map(async (name) => (await at.has(name, "running")).pid));
    expect(new Set(pids).size).toBe(4);
    await until(() => at.lines("notes").includes("stuck"));
    const ticks = () => at.lines("notes").filter((line) => line === "f tick").length;
    const before = ticks();
    await until(() => ticks() >= before + 5, { what: "ticks beside a service that blocks its own event loop" });
    expect(at.lines("notes").filter((line) => line === "s tick").length).toBeLessThanOrEqual(1);
    await at.svc("stop", "stuck");
    expect((await at.row("stuck")).lastExit).toMatchObject({ kind: "killed-by-svc", signal: "SIGKILL" });
  });

  test("T22 four services that take 500 ms each to construct are constructed at the same time", async () => {
    const at = place();
    // None is done before all have begun: one after the other, they would never be.
    const head = `import { readFileSync } from "node:fs";
      class Slow {
        constructor({ mark }) {
          const from = Date.now();
          note("begun " + mark);
          const begun = () => readFileSync("notes", "utf8").match(/^begun/gm).length;
          while (Date.now() - from < 500 || begun() < 4) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
          note(["constructed", from, Date.now()].join(" "));
        }
        run(ctx) { return forever(ctx); }
      }`;
    const names = ["a", "b", "c", "d"];
    const services = names.map((name) => `${name}: { service: Slow, options: { mark: "${name}" } }`);
    await startProgram(at, { head, services: `{ ${services.join(", ")} }` });
    const spans = () =>
      at.lines("notes").flatMap((line) => (line.startsWith("constructed ") ? [line.split(" ").slice(1).map(Number)] : []));
    await until(() => spans().length === 4);
    const latestStart = Math.max(...spans().map(([from = 0]) => from));
    const earliestEnd = Math.min(...spans().map(([, to = 0]) => to));
    expect(latestStart).toBeLessThan(earliestEnd);
    for (const name of names) expect(await at.row(name)).toMatchObject({ state: "running" });
  });

  test("T11 T19 a service that sleeps for an hour is gone at once", async () => {
    const at = place();
    await startProgram(at, {
      head: TICKER,
      services: `{ beat: { ...${ticker("b", "1h")}, stop: { timeout: "1h" } }, idle: ${ticker("i", "1h")} }`,
    });
    const took: number[] = [];
    for (let round = 1; round <= 3; round++) {
      await until(() => at.lines("notes").filter((line) => line === "b tick").length === round);
      const before = Date.now();
      await at.ask("stop", { names: ["beat"] });
      took.push(Date.parse((await at.row("beat")).lastExit!.at) - before);
      await at.ask("start", { names: ["beat"] });
    }
    // A busy machine may hold up one or the other.
    expect(Math.min(...took)).toBeLessThan(300 + 10_000);
  });

  test("T10 a pass that throws and is caught by the service goes on, without a restart", async () => {
    const at = place();
    const services = `{ loop: { service: async (ctx) => { for (let pass = 1; ; pass++) {
      try { note("pass " + pass); if (pass === 1) throw new Error("first"); } catch (error) { ctx.log.error("failed", { pass, error }); }
      if (!(await ctx.sleep(5))) return;
    } } } }`;
    const svc = await startProgram(at, { services });
    await until(() => at.lines("notes").includes("pass 3"));
    expect(await at.row("loop")).toMatchObject({ state: "running", restarts: 0 });
    await svc.says("loop | failed pass=1 error=first\n");
  });

  test("T15 T26 lines of the log carry fields, and svc says when it stops and, once all are gone, that all is down", async () => {
    const at = place();
    const head = `class Email { async run(ctx) { ctx.log("email_worker started", { to: "a@b.c" }); await forever(ctx); ctx.log("email_worker stopped", { sent: 0, why: "a stop" }); } }`;
    const svc = await startProgram(at, { head, services: `{ email_worker: { service: Email } }` });
    await until(() => svc.stdout().includes("started"));
    signal(svc.pid, "SIGTERM");
    const { code, stdout, stderr } = await svc.ended;
    expect(code).toBe(0);
    expect(stdout).toBe('email_worker | email_worker started to=a@b.c\nemail_worker | email_worker stopped sent=0 why="a stop"\n');
    expect(stderr).toMatch(/stopping all services\n[\s\S]*email_worker stopped \(exited 0\)\n.*all services stopped\n$/);
  });

  test("T45 three services that ignore their stop cost the one deadline, not their own time each", async () => {
    const at = place();
    const head = `class Deaf { run(ctx) { note("deaf"); return new Promise(() => {}); } }`;
    const deaf = `{ service: Deaf, stop: { timeout: "10m" } }`;
    const svc = await startProgram(at, { head, services: `{ a: ${deaf}, b: ${deaf}, c: ${deaf} }, shutdownTimeout: "1s"` });
    await until(() => at.lines("notes").length === 3);
    signal(svc.pid, "SIGTERM");
    const { code, stderr } = await svc.ended;
    expect(code).toBe(0);
    // All of them are asked before the first is given up.
    const asked = stderr.split(/stopped \(|gave up/)[0];
    for (const name of ["a", "b", "c"]) expect(asked).toContain(`stopping ${name}\n`);
  });

  test("T15 as JSON, a line of the log is the same text, from which its fields can be read", async () => {
    const at = place();
    const fields = { to: "a@b.c", why: 'no "such" box', list: [{ a: "b = c" }], n: 3 };
    at.write(
      "services.mjs",
      `export default { services: { email: { service: (ctx) => ctx.log("not sent", ${JSON.stringify(fields)}) } } };`,
    );
    const { stdout } = await at.svc("start", "--log-format", "json");
    const { service, stream, line } = JSON.parse(stdout.trim());
    expect([service, stream, line.startsWith("not sent to=a@b.c ")]).toEqual(["email", "stdout", true]);
    const pairs = [...line.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\S+)/g)].map(([, key, value]) => [
      key,
      value.startsWith('"') ? JSON.parse(value) : value,
    ]);
    expect(Object.fromEntries(pairs)).toEqual({ ...fields, list: JSON.stringify(fields.list), n: "3" });
  });

  test.each(["SIGTERM", "SIGINT"] as const)("T25 %s to svc stops every service", async (name) => {
    const at = place();
    const svc = await startProgram(at, { head: TICKER, services: `{ a: ${ticker("a", "60s")}, b: ${ticker("b", "60s")} }` });
    await until(() => ["a tick", "b tick"].every((line) => at.lines("notes").includes(line)));
    const pids = [(await at.row("a")).pid!, (await at.row("b")).pid!];
    signal(svc.pid, name);
    expect((await svc.ended).code).toBe(name === "SIGTERM" ? 0 : 130);
    expect(pids.every(isGone)).toBe(true);
    for (const line of ["a stop", "a over", "b stop", "b over"]) expect(at.lines("notes")).toContain(line);
  });

  test("T27 T42 a stop of one leaves the others alone, and a start of one that runs does nothing", async () => {
    const at = place();
    await startProgram(at, { head: TICKER, services: `{ a: ${ticker("a", "60s")}, b: ${ticker("b", "60s")} }` });
    const [a, b] = [await at.has("a", "running"), await at.has("b", "running")];
    await at.svc("stop", "a");
    expect(await at.svc("start", "b")).toMatchObject({ code: 0 });
    expect(await at.row("b")).toMatchObject({ pid: b.pid, restarts: 0 });
    expect(isGone(a.pid!)).toBe(true);
  });

  test("T30 one that says itself when it is ready is starting until then", async () => {
    const at = place();
    const services = `{ warm: { ready: { message: true }, service: async (ctx) => {
      const { existsSync } = await import("node:fs");
      while (!existsSync("warm")) await ctx.sleep(10);
      ctx.ready();
      await forever(ctx);
    } } }`;
    const svc = await startProgram(at, { services });
    expect(await at.has("warm", "starting")).toMatchObject({ ready: false });
    at.write("warm", "");
    expect(await at.has("warm", "running")).toMatchObject({ ready: true });
    await svc.says("svc  | warm is ready\n");
  });

  test("a command of Node says by process.send that it is ready", async () => {
    const at = place();
    const web = `process.send("ready", () => process.disconnect()); setInterval(() => {}, 1000)`;
    await at.start({
      web: { command: ["node", "-e", web], ready: { message: true } },
      mute: { command: "sleep 600", ready: { message: true, timeout: "1h" } },
    });
    await at.has("web", "running");
    expect(await at.has("mute", "starting")).toMatchObject({ ready: false });
  });
});

describe("endings", () => {
  test("T33 run() returning is a completion, whatever handles are open", async () => {
    const at = place();
    const done = await runProgram(at, {
      services: `{ once: { service: async () => { setInterval(() => {}, 1000); process.stdout.write("x".repeat(300_000) + "\\nlast"); } } }`,
    });
    expect(done.code).toBe(0);
    expect(done.stderr).toContain("once exited 0, completed");
    expect(done.stdout).toBe(`once | ${"x".repeat(300_000)}\nonce | last\n`);
  });

  test.each([
    ["T35 an exception in run()", `async () => { throw new Error("boom"); }`],
    ["T36 an unhandled rejection", `async (ctx) => { Promise.reject(new Error("boom")); await ctx.sleep("1h"); }`],
    ["an uncaught exception", `async (ctx) => { setTimeout(() => { throw new Error("boom"); }); await ctx.sleep("1h"); }`],
  ])("%s is a crash with its stack in the log, answered by a restart", async (_, service) => {
    const at = place();
    const done = await runProgram(at, {
      services: `{ bad: { service: ${service}, backoff: { initial: "10ms" }, maxRestarts: { count: 2, within: "1h" } } }`,
    });
    expect(done.code).toBe(1);
    expect(done.stderr.match(/^bad \| Error: boom\nbad \| {5}at .*services\.mjs:\d+:\d+/gm)).toHaveLength(3);
    expect(done.stderr).toMatch(/bad exited 1, restarting in/);
  });

  test("T44 T46 a service that is dead is never shown as running, and its own exit code is seen", async () => {
    const at = place();
    const services = `{ bad: { service: () => process.exit(3), backoff: { initial: "1h", max: "1h" } }, shot: { service: forever, backoff: { initial: "1h", max: "1h" } } }`;
    await startProgram(at, { services });
    expect(await at.has("bad", "backoff")).toMatchObject({ pid: null, lastExit: { code: 3, kind: "exited" } });
    const { pid } = await at.has("shot", "running");
    signal(pid!, "SIGKILL");
    expect(await at.has("shot", "backoff")).toMatchObject({ pid: null, lastExit: { code: null, signal: "SIGKILL" } });
  });

  test("T34 T40 a class without stop() that ignores its context is warned of, and killed; one with a flag of its own ends", async () => {
    const at = place();
    const head = `class Deaf { async run() { note("deaf"); await new Promise(() => {}); } }
      class Flag { async run() { this.on = true; note("flag"); while (this.on) await new Promise((done) => setTimeout(done, 5)); } stop() { this.on = false; } }`;
    const svc = await startProgram(at, {
      head,
      services: `{ deaf: { service: Deaf, stop: { timeout: "200ms" } }, flag: { service: Flag } }`,
    });
    await until(() => at.lines("notes").length === 2);
    await at.svc("stop", "flag");
    await at.svc("stop", "deaf");
    expect((await at.row("deaf")).lastExit).toMatchObject({ kind: "killed-by-svc" });
    expect((await at.row("flag")).lastExit).toMatchObject({ kind: "exited", code: 0 });
    await svc.says(/warning: .*\n/);
    expect(svc.stderr().match(/warning: .*/g)).toEqual([
      "warning: Deaf has no stop(), and its run() takes no ctx: a stop cannot reach it, and kills it after 200 ms",
    ]);
  });

  test("T41 a stop() that throws is logged, and run() is waited for all the same", async () => {
    const at = place();
    const head = `class Bad { async run(ctx) { note("up"); await forever(ctx); note("over"); } stop() { throw new Error("no stop"); } }`;
    const svc = await startProgram(at, { head, services: `{ bad: { service: Bad }, good: { service: Bad } }` });
    await until(() => at.lines("notes").length === 2);
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expect(at.lines("notes").filter((line) => line === "over")).toHaveLength(2);
    expect(svc.stderr()).toContain("bad  | stop() threw Error: no stop\n");
  });

  test("a stop that comes before run() began is kept: run() does not begin", async () => {
    const at = place();
    at.write(
      "slow.mjs",
      `import { appendFileSync, existsSync } from "node:fs"; appendFileSync("notes", "loading\\n");
      while (!existsSync("go")) await new Promise((done) => setTimeout(done, 5));
      export default class { run() { appendFileSync("notes", "run\\n"); } }`,
    );
    await startProgram(at, {
      services: `{ slow: { module: "./slow.mjs" }, made: { service: async (ctx) => { note("making"); await forever(ctx); return { run: () => note("run"), stop: () => note("unmade") }; } }, other: { service: forever } }`,
    });
    await until(() => ["loading", "making"].every((line) => at.lines("notes").includes(line)));
    await at.svc("stop", "slow", "made");
    expect((await at.row("slow")).lastExit).toMatchObject({ kind: "exited", code: 0 });
    expect((await at.row("made")).lastExit).toMatchObject({ kind: "exited", code: 0 });
    expect(at.lines("notes").sort()).toEqual(["loading", "making", "unmade"]);
  });

  test("a service ends, with its whole group, when its svc was killed", async () => {
    const at = place();
    const svc = await startProgram(at, {
      services: `{ a: { service: async (ctx) => { const { spawn } = await import("node:child_process"); note(String(spawn("sleep", ["600"]).pid)); await forever(ctx); } } }`,
    });
    await until(() => at.lines("notes").length === 1);
    const pids = [(await at.row("a")).pid!, Number(at.lines("notes")[0])];
    signal(svc.pid, "SIGKILL");
    await until(() => pids.every(isGone));
  });
});

describe("where a service comes from", () => {
  test("T31 T50 a module's default export may be a class, an object, a function or a factory, and a zero-argument run() works", async () => {
    const at = place();
    const write = (name: string, code: string) =>
      at.write(name, `import { appendFileSync } from "node:fs"; const note = (text) => appendFileSync("notes", text + "\\n");\n${code}`);
    write(
      "class.mjs",
      `const { name } = await Promise.resolve({ name: "class" }); export default class { run({ signal, log }) { note(name + " " + typeof log + " " + signal.aborted); } }`,
    );
    write("object.mjs", `export default { run() { note("object"); } }`);
    write("function.mjs", `export default async ({ name, instance, options }) => note([name, instance, options.a].join(" "))`);
    write("factory.mjs", `class Made { async run() { note("factory"); } } export default () => new Made();`);
    const service = (kind: string) => `${kind}: { module: "./${kind}.mjs", options: { a: 1 } }`;
    const done = await runProgram(at, { services: `{ ${["class", "object", "function", "factory"].map(service).join(", ")} }` });
    expect(done.code).toBe(0);
    expect(at.lines("notes").sort()).toEqual(["class function false", "factory", "function 1 1", "object"]);
  });

  test("T37 T38 T39 .env is read before anything is constructed, and the real environment wins over it", async () => {
    const at = place();
    at.write(".env", "FROM_FILE=file\nBOTH=file\n");
    const head = `class Reads { constructor() { note("class " + process.env.FROM_FILE + " " + process.env.BOTH); } run(ctx) {} }
      process.env.LEAK = "config";`;
    const services = `{ reads: { service: Reads }, made: { service: () => { note("factory " + process.env.FROM_FILE + " " + process.env.BOTH + " " + process.env.LEAK); } } }`;
    await runProgram(at, { head, services, env: { BOTH: "real" } });
    expect(at.lines("notes").sort()).toEqual(["class file real", "factory file real undefined"]);
  });

  test("T49 a module that fails to load is told with file and line, and one that is missing is failed at once", async () => {
    const at = place();
    at.write("broken.mjs", "export default class {\n  run( { }\n}\n");
    at.write("none.mjs", "export const a = 1;\n");
    at.write("wrong.mjs", "export default class Wrong { start() {} }\n");
    const never = `restart: "never"`;
    const done = await runProgram(at, {
      services: `{ broken: { module: "./broken.mjs", ${never} }, gone: { module: "./gone.mjs" }, none: { module: "./none.mjs", ${never} }, wrong: { module: "./wrong.mjs", ${never} } }`,
    });
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/broken \| cannot load \.\/broken\.mjs: .*\n(broken \| .*\n)*broken \| .*broken\.mjs:\d/);
    expect(done.stderr).toContain("gone failed: cannot start: ENOENT ./gone.mjs");
    expect(done.stderr).toContain("none   | cannot run ./none.mjs: it has no default export; write ");
    expect(done.stderr).toContain("TypeError: cannot run ./wrong.mjs: class Wrong has no run()");
  });

  test("T43 two services of one name are refused before anything starts", async () => {
    const at = place();
    at.write(
      "services.mjs",
      "export default { services: { Beat: { service: class { run() {} } }, beat: { service: class { run() {} } } } };",
    );
    const { code, stderr } = await at.svc("start");
    expect(code).toBe(2);
    expect(stderr).toMatch(/services\.beat: .*"Beat"/);
  });
});
