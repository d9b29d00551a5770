import { describe, expect, test } from "vitest";
import type { Row } from "../../src/core/row.ts";
import { sh, usePlaces } from "../helpers/fleet.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();

const sleeper = { command: "sleep 600" };
/** Ready once the file `go` exists. */
const gated = { ...sleeper, ready: { exec: sh("[ -e go ]"), interval: "20ms", timeout: "1h" } };

test("a one-shot runs to its end before what depends on its success", async () => {
  const at = place();
  await at.start({
    web: { ...sleeper, dependsOn: { migrate: "completed" } },
    migrate: { command: sh("until [ -e go ]; do sleep 0.02; done"), restart: "never" },
  });
  await at.has("migrate", "running");
  expect(await at.row("web")).toMatchObject({ state: "waiting", pid: null, startedAt: null });
  at.write("go", "");
  const web = await at.has("web", "running");
  const migrate = await at.row("migrate");
  expect(migrate).toMatchObject({ state: "completed", lastExit: { code: 0 } });
  expect(startOf(web)).toBeGreaterThanOrEqual(endOf(migrate));
});

describe("ready", () => {
  // Each kind of check is in the tests of readiness.
  test("a list of names waits for the check of a service that has one, however often it fails", async () => {
    const at = place();
    const db = { ...sleeper, ready: { exec: sh("echo x >> tries; [ -e go ]"), interval: "20ms", timeout: "1h" } };
    await at.start({ db, web: { ...sleeper, dependsOn: ["db"] } });
    await until(() => at.lines("tries").length > 3);
    expect(await at.row("db")).toMatchObject({ state: "starting", ready: false });
    expect(await at.row("web")).toMatchObject({ state: "waiting", startedAt: null });
    const went = Date.now();
    at.write("go", "");
    const web = await at.has("web", "running");
    expect(await at.row("db")).toMatchObject({ state: "running", ready: true, restarts: 0 });
    expect(startOf(web)).toBeGreaterThanOrEqual(went);
  });

  test("one that is not ready in time is stopped, and that is a crash", async () => {
    const at = place();
    const db = {
      command: "sleep 600",
      ready: { exec: "false", interval: "20ms", timeout: "400ms" },
      backoff: { initial: "10ms" },
      maxRestarts: { count: 1, within: "1m" },
    };
    const svc = await at.start({ db, web: { ...sleeper, dependsOn: ["db"] }, other: sleeper });
    const row = await at.has("db", "failed");
    expect(row).toMatchObject({ restarts: 1, ready: false });
    expect(row.lastExit).toMatchObject({ code: null, signal: "SIGTERM", kind: "not-ready", reason: "not ready in 400 ms" });
    expect(await at.has("web", "skipped")).toMatchObject({ pid: null, startedAt: null });
    await svc.says("svc   | web skipped: db failed");
  });
});

describe("a dependency that fails", () => {
  test("its dependents are skipped, in a chain, each with its reason", async () => {
    const at = place();
    await at.start({
      migrate: { command: sh("exit 3"), restart: "never" },
      web: { ...sleeper, dependsOn: { migrate: "completed" } },
      customer: { ...sleeper, dependsOn: ["web"] },
      report: { ...sleeper, dependsOn: { migrate: "ended" } },
    });
    await at.has("web", "skipped");
    await at.has("customer", "skipped");
    await at.has("report", "running");
    const health = await at.svc("health");
    expect(health.code).toBe(1);
    expect(health.stderr).toContain("migrate is failed (exited 3)");
    expect(health.stderr).toContain("web is skipped (migrate failed)");
    expect(health.stderr).toContain("customer is skipped (web was skipped)");
  });

  test("svc ends by itself with 1 where nothing is left to run", async () => {
    const at = place();
    at.write("services.json", {
      services: { migrate: { command: sh("exit 3"), restart: "never" }, web: { ...sleeper, dependsOn: { migrate: "completed" } } },
    });
    const done = await at.svc("start");
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("web skipped: migrate failed");
  });

  test("once it has been cured, svc start --all brings all that were skipped", async () => {
    const at = place();
    await at.start({
      migrate: { command: sh("[ -e cured ]"), restart: "never" },
      web: { ...sleeper, dependsOn: { migrate: "completed" } },
      other: sleeper,
    });
    await at.has("web", "skipped");
    at.write("cured", "");
    expect(await at.svc("start", "--all")).toMatchObject({ code: 0 });
    expect(await at.row("web")).toMatchObject({ state: "running" });
    expect(await at.row("migrate")).toMatchObject({ state: "completed" });
  });
});

test("a dependency that restarts is waited for", async () => {
  const at = place();
  const command = sh("echo x >> starts; [ $(wc -l < starts) -lt 3 ] && exit 1; : > go; exec sleep 600");
  await at.start({ db: { ...gated, command, backoff: { initial: "10ms" } }, web: { ...sleeper, dependsOn: ["db"] } });
  const web = await at.has("web", "running");
  const db = await at.row("db");
  expect(db).toMatchObject({ state: "running", restarts: 2 });
  expect(startOf(web)).toBeGreaterThanOrEqual(startOf(db));
});

test("every instance of a dependency must be there", async () => {
  const at = place();
  const db = { ...sleeper, instances: 2, ready: { exec: sh("[ -e go.$SVC_INSTANCE ]"), interval: "20ms", timeout: "1h" } };
  await at.start({ db, web: { ...sleeper, dependsOn: ["db"] } });
  at.write("go.1", "");
  await at.has("db.1", "running");
  expect(await at.row("web")).toMatchObject({ state: "waiting" });
  at.write("go.2", "");
  await at.has("web", "running");
});

describe("svc start with names", () => {
  const shop = { db: sleeper, web: { ...sleeper, dependsOn: ["db"] }, worker: { ...sleeper, dependsOn: ["db"] } };

  test("as the supervisor: only those, and what they depend on", async () => {
    const at = place();
    await at.start(shop, "web");
    await at.has("web", "running");
    expect(await at.row("db")).toMatchObject({ state: "running" });
    expect(await at.row("worker")).toMatchObject({ state: "stopped", startedAt: null });
  });

  test("in the running one: what they depend on comes first", async () => {
    const at = place();
    await at.start({ ...shop, db: gated, other: sleeper }, "other");
    await at.has("other", "running");
    const start = at.spawn(["start", "web"]);
    await at.has("db", "starting");
    expect(await at.row("web")).toMatchObject({ state: "waiting" });
    at.write("go", "");
    expect((await start.ended).code).toBe(0);
    expect(startOf(await at.row("web"))).toBeGreaterThanOrEqual(startOf(await at.row("db")));
    expect(await at.row("worker")).toMatchObject({ state: "stopped" });
  });

  test("one that does not get up ends the wait with its reason and its last lines", async () => {
    const at = place();
    const broken = { command: sh("echo no database here; exit 3"), autostart: false, backoff: { initial: "1h", max: "1h" } };
    await at.start({ broken, other: sleeper });
    const done = await at.svc("start", "broken");
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("broken is not up: exited 3");
    expect(done.stderr).toContain("no database here");
    expect(await at.row("broken")).toMatchObject({ state: "backoff" });
  });
});

test("autostart false: stopped until it is named, or something depends on it", async () => {
  const at = place();
  const manual = { ...sleeper, autostart: false };
  await at.start({ alone: manual, needed: manual, web: { ...sleeper, dependsOn: ["needed"] } });
  await at.has("web", "running");
  expect(await at.row("needed")).toMatchObject({ state: "running" });
  expect(await at.row("alone")).toMatchObject({ state: "stopped", startedAt: null });
  expect(await at.svc("start", "alone")).toMatchObject({ code: 0 });
  expect(await at.row("alone")).toMatchObject({ state: "running" });
});

function startOf(row: Row): number {
  return Date.parse(row.startedAt ?? "");
}

function endOf(row: Row): number {
  return Date.parse(row.lastExit?.at ?? "");
}
