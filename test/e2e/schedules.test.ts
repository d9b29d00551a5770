import { describe, expect, test } from "vitest";
import { sh, usePlaces } from "../helpers/fleet.ts";
import { signal } from "../helpers/processes.ts";
import { startProgram } from "../helpers/typescript.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();

const YEARLY = { cron: "0 0 1 1 *", timezone: "UTC" };

describe("a command on a schedule", () => {
  test("is a fresh process for each run; between them it is scheduled, and a failed run is no restart", async () => {
    const at = place();
    const svc = await at.start({ report: { command: sh("echo $$ >> runs; exit 3"), every: "50ms" } });
    await until(() => at.lines("runs").length >= 3);
    expect(new Set(at.lines("runs")).size).toBe(at.lines("runs").length);
    const row = await at.has("report", "scheduled");
    expect(row).toMatchObject({ pid: null, restarts: 0, lastExit: { code: 3, kind: "exited" } });
    expect(await at.svc("health")).toMatchObject({ code: 0 });
    expect(await at.svc("stop", "report")).toMatchObject({ code: 0 });
    expect(await at.row("report")).toMatchObject({ state: "stopped", nextStartAt: null });
    const runs = at.lines("runs").length;
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expect(at.lines("runs")).toHaveLength(runs);
  });

  test("waits for its minute, tells it, and runs at once with `svc start --now`", async () => {
    const at = place();
    await at.start({ report: { command: sh("echo run >> runs"), ...YEARLY } });
    const { nextStartAt } = await at.shows("report", (row) => row.nextStartAt !== null);
    expect(nextStartAt).toMatch(/^\d{4}-01-01T00:00:00\.000Z$/);
    expect(await at.svc("start", "report")).toMatchObject({ code: 0 });
    expect(at.exists("runs")).toBe(false);
    expect(await at.svc("start", "--now", "report")).toMatchObject({ code: 0 });
    await until(() => at.lines("runs").length === 1);
    expect(await at.shows("report", (row) => row.state === "scheduled" && row.nextStartAt === nextStartAt)).toMatchObject({
      lastExit: { code: 0 },
    });
  });

  test("a run that is over its limit is stopped, and the schedule goes on", async () => {
    const at = place();
    await at.start({ report: { command: sh("echo run >> runs; exec sleep 600"), every: "50ms", runTimeout: "200ms" } });
    await until(() => at.lines("runs").length >= 2);
    const row = await at.shows("report", (one) => one.lastExit !== null);
    expect(row).toMatchObject({ restarts: 0, lastExit: { kind: "run-timeout", reason: "ran longer than 200 ms" } });
  });

  test("waits for what it depends on before its first run, and a reload with another schedule is followed", async () => {
    const at = place();
    const gate = { command: sh("while [ ! -e go ]; do sleep 0.02; done"), restart: "never" };
    await at.start({ gate, report: { command: sh("echo run >> runs"), ...YEARLY, dependsOn: { gate: "completed" } } });
    await at.has("report", "waiting");
    at.write("go", "");
    await at.has("report", "scheduled");
    at.write("services.json", {
      services: { gate, report: { command: sh("echo run >> runs"), every: "50ms", dependsOn: { gate: "completed" } } },
    });
    expect(await at.svc("reload")).toMatchObject({ code: 0 });
    await until(() => at.lines("runs").length >= 2);
  });
});

describe("a TypeScript service on a schedule", () => {
  test("T17 T18 keeps its process and its instance; a run that throws sets lastExit, and the next one comes", async () => {
    const at = place();
    const head = `class Warmer { constructor() { this.runs = 0; } async run(ctx) { note("run " + ++this.runs + " " + process.pid); if (this.runs === 2) throw new Error("no products"); } stop() { note("stop"); } }`;
    const svc = await startProgram(at, {
      head,
      services: `{ warmer: { service: Warmer, every: "40ms" }, plain: { service: async () => { note("plain"); }, ...${JSON.stringify(YEARLY)} } }`,
    });
    await until(() => at.lines("notes").some((line) => line.startsWith("run 4 ")));
    const { pid } = await at.shows("warmer", (row) => row.lastExit !== null);
    expect(await at.row("warmer")).toMatchObject({
      state: "running",
      restarts: 0,
      lastExit: { code: 1, reason: "a run threw Error: no products" },
    });
    expect(
      at
        .lines("notes")
        .filter((line) => line.startsWith("run "))
        .every((line) => line.endsWith(` ${pid}`)),
    ).toBe(true);
    expect(svc.stderr()).toMatch(/^warmer \| a run threw Error: no products\nwarmer \| {5}at /m);
    expect(await at.shows("plain", (row) => row.nextStartAt !== null)).toMatchObject({
      state: "running",
      nextStartAt: expect.stringMatching(/-01-01T00:00:00/),
    });
    expect(at.lines("notes")).not.toContain("plain");
    expect(await at.svc("start", "--now", "plain")).toMatchObject({ code: 0 });
    await until(() => at.lines("notes").includes("plain"));
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expect(at.lines("notes").filter((line) => line === "stop")).toHaveLength(1);
  });

  test("a run in progress at a stop is waited for", async () => {
    const at = place();
    const svc = await startProgram(at, {
      services: `{ slow: { every: "1h", service: async (ctx) => { note("begun"); await forever(ctx); await new Promise((done) => setTimeout(done, 50)); note("ended"); } } }`,
    });
    await until(() => at.lines("notes").includes("begun"));
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expect(at.lines("notes")).toEqual(["begun", "ended"]);
  });

  test("a run that is over its limit costs it its process, and it starts anew", async () => {
    const at = place();
    await startProgram(at, {
      services: `{ stuck: { every: "1h", runTimeout: "200ms", stop: { timeout: "100ms" }, backoff: { initial: "10ms" }, service: () => { note("run " + process.pid); return new Promise(() => {}); } } }`,
    });
    await until(() => at.lines("notes").length >= 2);
    expect(await at.shows("stuck", (row) => row.lastExit !== null)).toMatchObject({ lastExit: { kind: "run-timeout" } });
  });
});
