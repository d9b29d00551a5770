import { rmSync } from "node:fs";
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
    const pids = at.lines("runs");
    expect(new Set(pids).size).toBe(pids.length);
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
    expect(await at.svc("start", "report")).toMatchObject({ code: 0, stdout: "report scheduled (last run: exited 0)\n" });
  });

  test("its runs are no restarts: `restartDependents` leaves the dependents alone", async () => {
    const at = place();
    await at.start({
      report: { command: sh("echo run >> runs"), every: "20ms", restartDependents: true },
      reader: { command: "sleep 600", dependsOn: { report: "started" } },
    });
    const { pid } = await at.has("reader", "running");
    const runs = at.lines("runs").length;
    await until(() => at.lines("runs").length >= runs + 3);
    expect(await at.row("reader")).toMatchObject({ pid, state: "running" });
  });

  test("its runs are no endings: with `--exit-code-from` svc goes on, and ends when the service cannot run at all", async () => {
    const at = place();
    const program = at.write("report.sh", "#!/bin/sh\necho run >> runs\nexit 3\n", 0o755);
    const svc = await at.start(
      { report: { command: [program], every: "20ms" }, other: { command: "sleep 600" } },
      "--exit-code-from",
      "report",
    );
    await until(() => at.lines("runs").length >= 3);
    expect(await at.row("other")).toMatchObject({ state: "running" });
    rmSync(program);
    expect((await svc.ended).code).toBe(127);
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

test("`svc start --now` as the first start runs at once what waits for its schedule, but not what that depends on", async () => {
  const at = place();
  at.write(
    "services.mjs",
    `import { appendFileSync } from "node:fs";
    const note = (text) => appendFileSync("notes", text + "\\n");
    const yearly = ${JSON.stringify(YEARLY)};
    export default { services: {
      before: { command: "echo before >> notes", ...yearly },
      report: { command: "echo report >> notes", ...yearly, dependsOn: ["before"] },
      class: { service: class { run() { note("class"); } stop() {} }, ...yearly },
    } };`,
  );
  at.spawn(["start", "--now", "report", "class"]);
  await at.answers();
  await until(() => at.lines("notes").length === 2);
  for (const name of ["report", "class"]) await at.shows(name, (row) => row.nextStartAt !== null);
  expect(at.lines("notes").sort()).toEqual(["class", "report"]);
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
    await svc.says(/^warmer \| a run threw Error: no products\nwarmer \| {5}at /m);
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

  test("a run that throws is no ending for `--exit-code-from`; the end of its process is", async () => {
    const at = place();
    at.write(
      "services.mjs",
      `import { appendFileSync } from "node:fs";
      let runs = 0;
      const run = () => { appendFileSync("notes", "run\\n"); if (++runs === 3) process.exit(7); throw new Error("no products"); };
      export default { services: { report: { service: run, every: "20ms" } } };`,
    );
    const { code } = await at.svc("start", "--exit-code-from", "report");
    expect([code, at.lines("notes").length]).toEqual([7, 3]);
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
