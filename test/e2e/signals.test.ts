import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { describe, expect } from "vitest";
import { untilBlocked } from "../helpers/blocked.ts";
import { stateOf } from "../helpers/processes.ts";
import { does, type Running, type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

/** Milliseconds by which a busy machine may be late; what svc itself promises is checked from below and by order. */
const NOISE = 20_000;

/** web depends on api, api on db. */
function chain(service: Readonly<Record<string, unknown>>) {
  return { web: { ...service, dependsOn: ["api"] }, api: { ...service, dependsOn: ["db"] }, db: service };
}

/** Milliseconds from this signal to the end of svc. */
async function measureEnd(svc: Running, signal: NodeJS.Signals): Promise<number> {
  const began = performance.now();
  svc.kill(signal);
  await svc.ended;
  return performance.now() - began;
}

describe.concurrent("SIGTERM, SIGINT, SIGQUIT: stop all", () => {
  test.for([
    ["SIGTERM", 0],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
  ] as const)("%s: dependents before what they depend on, each with its own stop signal", async ([signal, code], { stage }) => {
    const service = { command: does("notes-stop", "notes", 0.1), stop: { timeout: "1m" } };
    const svc = stage.start({ shutdownTimeout: "5m", services: chain(service) });
    await svc.ready("web", "api", "db");
    svc.kill(signal);
    expect(await svc.ended).toMatchObject({ code });
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone", "api TERM", "api gone", "db TERM", "db gone"]);
    expect(stage.left()).toEqual([]);
  });

  test("in parallel where no dependency stands against it", async ({ stage }) => {
    const one = { command: does("stops-together", "notes", 3), stop: { timeout: "60s" } };
    const svc = stage.start({
      shutdownTimeout: "60s",
      services: { db: { command: "sleep 600" }, a: { ...one, dependsOn: ["db"] }, b: one, c: one },
    });
    await svc.ready("a", "b", "c");
    svc.kill("SIGTERM");
    const { code, stderr } = await svc.ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain("killing");
  });

  test("all instances of a service go at once, before those of what it depends on", async ({ stage }) => {
    const web = { command: does("stops-together", "notes", 3), instances: 3, stop: { timeout: "60s" }, dependsOn: ["db"] };
    const db = { command: does("notes-stop", "notes", 0) };
    const svc = stage.start({ shutdownTimeout: "60s", services: { web, db } });
    await svc.ready("web.1", "web.2", "web.3", "db");
    svc.kill("SIGTERM");
    await svc.ended;
    expect(stage.lines("notes")).toEqual(["asked", "asked", "asked", "db TERM", "db gone"]);
  });

  test("what waits, backs off or has not been started is not in the way", async ({ stage }) => {
    const svc = stage.start({
      services: {
        crash: { command: "false", backoff: { initial: "1h", max: "1h" } },
        never: { command: "sleep 600", ready: { log: "never said", timeout: "1h" } },
        waits: { command: "sleep 600", dependsOn: { never: "ready" } },
        spare: { command: "sleep 600", autostart: false },
      },
    });
    await svc.says(/crash exited 1, restarting/);
    await svc.says(/never started/);
    svc.kill("SIGTERM");
    const { code, stderr } = await svc.ended;
    expect({ code, killed: stderr.includes("killing") }).toEqual({ code: 0, killed: false });
    expect(stage.left()).toEqual([]);
  });
});

describe.concurrent("a second one: SIGKILL to everything, at once", () => {
  test.for([
    ["SIGTERM", "SIGTERM", 0],
    ["SIGINT", "SIGINT", 130],
    ["SIGINT", "SIGTERM", 130],
    ["SIGTERM", "SIGQUIT", 0],
  ] as const)("%s, then %s", async ([first, second, code], { stage }) => {
    const services = chain({ command: does("notes-deaf", "notes"), stop: { timeout: "1h" } });
    const svc = stage.start({ shutdownTimeout: "1h", services });
    await svc.ready("web", "api", "db");
    svc.kill(first);
    await until(() => stage.lines("notes").includes("web TERM"));
    expect(await measureEnd(svc, second)).toBeLessThan(500 + NOISE);
    expect(svc.process.exitCode).toBe(code);
    // Killed before their turn: the order is given up, and no stop signal is waited for.
    expect(stage.lines("notes")).toEqual(["web TERM"]);
    await until(() => stage.left().length === 0);
  });

  test("after a stop by command the first signal only asks once more", async ({ stage }) => {
    const svc = stage.start({
      shutdownTimeout: "1h",
      services: { web: { command: does("notes-deaf", "notes"), stop: { timeout: "1h" } } },
    });
    await svc.ready("web");
    const stop = stage.run("stop");
    await until(() => stage.lines("notes").length === 1);
    // Two of the same kind could reach svc as one.
    svc.kill("SIGINT");
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 0 });
    expect(await stop.ended).toMatchObject({ code: 0 });
    await until(() => stage.left().length === 0);
  });
});

describe.concurrent("one deadline for the whole", () => {
  test("a deaf chain: each had its stop signal before it was killed, and svc is gone 0.5 s after the deadline", async ({ stage }) => {
    const services = chain({ command: does("notes-deaf", "notes"), stop: { timeout: "1h" } });
    // A shell needs its time to note a signal, and must have noted it before the deadline.
    const svc = stage.start({ shutdownTimeout: "8s", services });
    await svc.ready("web", "api", "db");
    const began = performance.now();
    const ended = measureEnd(svc, "SIGTERM");
    await until(() => stage.lines("notes").length === 3);
    // A quarter before the end the rest gets its signal, order or not.
    expect(performance.now() - began).toBeGreaterThanOrEqual(5_990);
    const took = await ended;
    expect(took).toBeGreaterThanOrEqual(7_990);
    expect(took).toBeLessThan(8_500 + NOISE);
    expect(svc.process.exitCode).toBe(0);
    expect(stage.lines("notes")[0]).toBe("web TERM");
    expect(stage.lines("notes").slice(1).sort()).toEqual(["api TERM", "db TERM"]);
    await until(() => stage.left().length === 0);
  });

  test("an output that nobody reads does not hold up the stop, nor the words on the other output", async ({ stage }) => {
    const services = { flood: { command: does("floods", "go", "pid") }, web: { command: does("notes-stop", "notes", 0) } };
    const svc = stage.start({ shutdownTimeout: "4s", services });
    await svc.ready("flood", "web");
    svc.process.stdout!.pause();
    stage.write("go", "");
    await until(() => stage.lines("pid").length === 1);
    await untilBlocked(Number(stage.lines("pid")[0]));
    svc.kill("SIGTERM");
    // `ended` waits for the whole output, which nobody reads.
    const began = performance.now();
    await until(() => svc.process.exitCode !== null);
    expect(performance.now() - began).toBeLessThan(4_500 + NOISE);
    expect(svc.process.exitCode).toBe(0);
    await svc.says(/svc +\| flood stopped \(killed by SIGTERM\)/);
    await until(() => stage.left().length === 0);
  });

  test("nor does one that the evaluation of the config has made blocking", async ({ stage }) => {
    const services = { flood: { command: does("floods", "go", "pid") } };
    stage.write("services.mjs", `export default ${JSON.stringify({ shutdownTimeout: "4s", services })};`);
    // Both outputs are one pipe, which the config's evaluation has too. Nothing is read from it.
    const svc = spawn("sh", ["-c", "exec $svc start 2>&1"], { cwd: stage.path, env: stage.env, detached: true });
    await until(async () => (await stage.svc("wait", "flood", "--for", "running")).code === 0);
    expect(await stage.svc("reload")).toMatchObject({ code: 0 });
    stage.write("go", "");
    await until(() => stage.lines("pid").length === 1);
    await untilBlocked(Number(stage.lines("pid")[0]));
    expect(await stage.svc("list")).toMatchObject({ code: 0 });
    svc.kill("SIGTERM");
    await until(() => svc.exitCode !== null);
    expect(svc.exitCode).toBe(0);
    await until(() => stage.left().length === 0);
  });

  test("each stop has its own timeout where that is less than what is left", async ({ stage }) => {
    const deaf = { command: does("notes-deaf", "notes") };
    const svc = stage.start({
      shutdownTimeout: "60s",
      // A shell needs its time to note a signal.
      services: { web: { ...deaf, stop: { timeout: "4.5s" }, dependsOn: ["db"] }, db: { ...deaf, stop: { timeout: "4s" } } },
    });
    await svc.ready("web", "db");
    const took = await measureEnd(svc, "SIGTERM");
    expect(took).toBeGreaterThanOrEqual(8_490);
    expect(took).toBeLessThan(8_500 + NOISE);
    expect(svc.stderr()).toMatch(/web stopped \(killed by svc after 4.5 s\)[\s\S]*db stopped \(killed by svc after 4 s\)/);
    expect(stage.lines("notes")).toEqual(["web TERM", "db TERM"]);
  });

  test("svc stop NAME has only stop.timeout", async ({ stage }) => {
    const web = { command: does("notes-deaf", "notes"), stop: { timeout: "700ms" } };
    const svc = stage.start({ shutdownTimeout: "100ms", services: { web, other: { command: "sleep 600" } } });
    await svc.ready("web");
    expect(await stage.svc("stop", "web")).toMatchObject({ code: 0 });
    const { state, lastExit } = (await stage.list()).find(({ name }) => name === "web")!;
    expect({ state, reason: lastExit?.reason }).toEqual({ state: "stopped", reason: "killed by svc after 700 ms" });
  });

  test("a shutdown cuts a stop short that a command has begun", async ({ stage }) => {
    const svc = stage.start({
      shutdownTimeout: "400ms",
      services: { web: { command: does("notes-deaf", "notes"), stop: { timeout: "1h" } } },
    });
    await svc.ready("web");
    const stop = stage.run("stop", "web");
    await until(() => stage.lines("notes").length === 1);
    expect(await measureEnd(svc, "SIGTERM")).toBeLessThan(900 + NOISE);
    await stop.ended;
    await until(() => stage.left().length === 0);
  });

  test.for([
    ["one", { web: { command: "true", stop: { timeout: "5s" } } }, "services.web.stop.timeout is 5 s, but shutdownTimeout is 4 s"],
    [
      "a chain",
      chain({ command: "true", stop: { timeout: "2s" } }),
      "stopping web, then api, then db can take 6 s, but shutdownTimeout is 4 s",
    ],
  ] as const)("svc start and svc check warn in one line: %s", async ([, services, warning], { stage }) => {
    const start = await stage.start({ shutdownTimeout: "4s", services }).ended;
    const check = await stage.svc("check");
    for (const { code, stderr } of [start, check]) {
      expect(code).toBe(0);
      expect(stderr.split("\n").filter((line) => line.includes("shutdownTimeout"))).toEqual([expect.stringContaining(warning)]);
    }
  });
});

describe.concurrent("while the config is evaluated", () => {
  const config = `import { writeFileSync } from "node:fs"; writeFileSync("evaluating", String(process.pid)); await new Promise((done) => setTimeout(done, 3_600_000));`;
  const evaluating = async (stage: Stage): Promise<Running> => {
    stage.write("services.mjs", config);
    const svc = stage.run("start");
    await until(() => stage.lines("evaluating").length === 1);
    return svc;
  };

  test.for([
    ["SIGTERM", 0],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
  ] as const)("%s ends it", async ([signal, code], { stage }) => {
    const svc = await evaluating(stage);
    expect(await measureEnd(svc, signal)).toBeLessThan(NOISE);
    expect(svc.process.exitCode).toBe(code);
    expect(stage.left()).toEqual([]);
  });

  test("SIGUSR1 opens no inspector, SIGHUP and SIGCONT do nothing", async ({ stage }) => {
    const svc = await evaluating(stage);
    for (const signal of ["SIGUSR1", "SIGHUP", "SIGCONT", "SIGUSR1"] as const) svc.kill(signal);
    await after(200);
    expect(listening(svc.pid)).toEqual([]);
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 0, stderr: "" });
  });
});

describe.concurrent("SIGHUP without a terminal: reload", () => {
  test("adds, removes and leaves alone; a bad file changes nothing", async ({ stage }) => {
    const stays = { command: does("notes-stop", "notes", 0) };
    const svc = stage.start({ services: { stays, goes: stays } });
    await svc.ready("stays", "goes");
    const { pid } = await stage.shows("stays", "running");

    stage.write("services.json", { services: { stays, goes: { comand: "x" } } });
    svc.kill("SIGHUP");
    await svc.says(/^svc +\| +services\.goes\.comand: unknown key/m);
    expect(stage.lines("notes")).toEqual([]);

    stage.write("services.json", { services: { stays, comes: stays } });
    svc.kill("SIGHUP");
    await svc.ready("comes");
    await until(async () => (await stage.list()).map(({ name }) => name).join() === "stays,comes");
    expect(stage.lines("notes")).toEqual(["goes TERM", "goes gone"]);
    expect(await stage.shows("stays", "running")).toMatchObject({ pid });
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 0 });
  });
});

describe.concurrent("SIGUSR1", () => {
  test("opens no inspector and disturbs nothing", async ({ stage }) => {
    const svc = stage.start({ services: { web: { command: does("notes-stop", "notes", 0) } } });
    await svc.ready("web");
    const { pid } = await stage.shows("web", "running");
    for (let times = 0; times < 5; times += 1) {
      svc.kill("SIGUSR1");
      expect(await stage.shows("web", "running")).toMatchObject({ pid, restarts: 0 });
    }
    expect(listening(svc.pid)).toEqual([]);
    expect(svc.stderr()).not.toMatch(/debugger/i);
    expect(stage.lines("notes")).toEqual([]);
  });
});

describe.concurrent("SIGSTOP and SIGCONT", () => {
  test("suspend svc only; what came due meanwhile happens at once", async ({ stage }) => {
    const counted = ["sh", "-c", 'echo run >>runs; exec "$@"', "sh", ...does("waits-for", "crash", 3)];
    const crash = { command: counted, backoff: { initial: "6s", max: "1h", factor: 1000, jitter: 0 } };
    const svc = stage.start({ services: { ticks: { command: does("ticks", "ticks") }, crash } });
    await svc.ready("ticks", "crash");
    stage.write("crash", "");
    await svc.says(/crash exited 3, restarting/);
    svc.kill("SIGSTOP");
    await until(() => stateOf(svc.pid) === "T");
    const before = stage.lines("ticks").length;
    await after(6_500);
    await until(() => stage.lines("ticks").length > before);
    expect(stage.lines("runs")).toEqual(["run"]);
    svc.kill("SIGCONT");
    await until(() => stage.lines("runs").length === 2);
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 0 });
    expect(stage.left()).toEqual([]);
  });

  test("a signal that came while svc was suspended counts", async ({ stage }) => {
    const svc = stage.start({ services: { web: { command: does("notes-stop", "notes", 0) } } });
    await svc.ready("web");
    svc.kill("SIGSTOP");
    svc.kill("SIGTERM");
    expect(svc.process.exitCode).toBeNull();
    svc.kill("SIGCONT");
    expect(await svc.ended).toMatchObject({ code: 0 });
    expect(stage.lines("notes")).toEqual(["web TERM", "web gone"]);
  });
});

/** The inodes of the TCP sockets on which a process listens: svc on none, Node's inspector on one. */
function listening(pid: number): string[] {
  const own = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => socketOf(`/proc/${pid}/fd/${fd}`) ?? []);
  const tables = ["tcp", "tcp6"].map((name) => `/proc/${pid}/net/${name}`).filter(existsSync);
  const rows = tables.flatMap((table) => readFileSync(table, "latin1").split("\n").slice(1));
  const fields = rows.map((row) => row.trim().split(/ +/));
  return fields.flatMap(([, , , state, , , , , , inode]) => (state === "0A" && own.includes(inode!) ? [inode!] : []));
}

function socketOf(link: string): string | null {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1] ?? null;
  } catch {
    return null;
  }
}
