import { describe, expect, test } from "vitest";
import { fixture, type Place, sh, usePlaces } from "../helpers/fleet.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();

const sleeper = { command: "sleep 600" };
/** Up as soon as it is ready, not after a second. */
const quick = { command: sh("echo ready; exec sleep 600"), ready: { log: "ready" } };
/** Ready once the file `go` exists. */
const gated = { ...sleeper, ready: { exec: sh("[ -e go ]"), interval: "20ms", timeout: "1h" } };
/** Notes its starts, and ends at once at SIGTERM. */
const noting = { ...quick, command: sh(`echo "$SVC_SERVICE.$SVC_INSTANCE" >> starts; echo ready; exec sleep 600`) };
/** Notes SIGTERM, and goes on until the file `leave` exists. */
const lingering = {
  command: sh(`trap 'echo term >> lingering' TERM; echo ready; until [ -e leave ]; do sleep 0.02; done`),
  ready: { log: "ready" },
  stop: { timeout: "1h" },
};
/** Fails until the file `cured` exists; then it is ready. */
const ill = { command: sh("[ -e cured ] || exit 3; echo ready; exec sleep 600"), ready: { log: "ready" } };
const patient = { initial: "1h", max: "1h" };

describe("commands work on services that wait", () => {
  const shop = { db: gated, web: { ...quick, dependsOn: ["db"] } };

  async function whereWebWaits(): Promise<Place> {
    const at = place();
    await at.start(shop);
    await at.has("db", "starting");
    await at.has("web", "waiting");
    return at;
  }

  test("stop, and start again: it waits anew, and comes with its dependency", async () => {
    const at = await whereWebWaits();
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(await at.row("web")).toMatchObject({ state: "stopped" });
    const start = at.spawn(["start", "web"]);
    await at.has("web", "waiting");
    at.write("go", "");
    expect(await start.ended).toMatchObject({ code: 0 });
    expect(await at.row("web")).toMatchObject({ state: "running", restarts: 0 });
  });

  test("restart: it goes on waiting, and the command with it", async () => {
    const at = await whereWebWaits();
    const restart = at.spawn(["restart", "web"]);
    await until(() => at.ask("hello", {}));
    at.write("go", "");
    expect(await restart.ended).toMatchObject({ code: 0 });
    expect(await at.row("web")).toMatchObject({ state: "running" });
  });

  test("scale: the new ones wait too, and those that are scaled away are gone at once", async () => {
    const at = await whereWebWaits();
    const up = at.spawn(["scale", "web=3"]);
    await at.has("web.3", "waiting");
    expect(await at.svc("scale", "web=2")).toMatchObject({ code: 0 });
    const superseded = await up.ended;
    expect(superseded).toMatchObject({ code: 1, stderr: expect.stringContaining('scale web=3: a later "stop" of web.3 took over') });
    at.write("go", "");
    await at.has("web.2", "running");
    expect((await at.ask("list", {})).services.map(({ name }) => name)).toEqual(["db", "web.1", "web.2"]);
  });
});

describe("svc start NAME brings what it needs", () => {
  const web = { ...quick, dependsOn: ["db"], autostart: false };

  test("what is down: stopped, and failed", async () => {
    const at = place();
    await at.start({ disk: quick, db: { ...ill, restart: "never", dependsOn: ["disk"] }, web });
    await at.has("db", "failed");
    expect(await at.svc("stop", "disk")).toMatchObject({ code: 0 });
    at.write("cured", "");
    expect(await at.svc("start", "web")).toMatchObject({ code: 0 });
    expect((await at.ask("list", {})).services.map(({ state }) => state)).toEqual(["running", "running", "running"]);
  });

  test("what is in backoff: it starts now", async () => {
    const at = place();
    await at.start({ db: { ...ill, backoff: patient }, web });
    await at.has("db", "backoff");
    at.write("cured", "");
    expect(await at.svc("start", "web")).toMatchObject({ code: 0 });
    expect(await at.row("db")).toMatchObject({ state: "running" });
  });

  test("what was asked to stop, and has not yet: that stop is taken over", async () => {
    const at = place();
    const leavesOnce = sh(`trap 'echo term >> lingering' TERM; echo ready; until [ -e leave ]; do sleep 0.02; done; rm leave`);
    await at.start({ db: { ...lingering, command: leavesOnce }, web, other: sleeper });
    await at.has("db", "running");
    const stop = at.spawn(["stop", "db"]);
    await until(() => at.exists("lingering"));
    const start = at.spawn(["start", "web"]);
    expect(await stop.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('stop db: a later "start" of db took over') });
    at.write("leave", "");
    expect(await start.ended).toMatchObject({ code: 0 });
    expect(await at.row("db")).toMatchObject({ state: "running", lastExit: { reason: "exited 0" } });
  });

  test("not what runs, and not what has done its part", async () => {
    const at = place();
    const migrate = { command: sh("echo run >> runs"), restart: "never", dependsOn: ["disk"] };
    await at.start({ disk: quick, migrate, db: quick, web: { ...web, dependsOn: { migrate: "completed", db: "ready" } } });
    await at.has("migrate", "completed");
    const { pid } = await at.has("db", "running");
    expect(await at.svc("stop", "disk")).toMatchObject({ code: 0 });
    expect(await at.svc("start", "web")).toMatchObject({ code: 0 });
    expect(at.lines("runs")).toEqual(["run"]);
    expect(await at.row("db")).toMatchObject({ state: "running", pid });
    // What only the migration needed is needed no more.
    expect(await at.row("disk")).toMatchObject({ state: "stopped" });
  });

  test("what has completed, where that is not what is asked of it", async () => {
    const at = place();
    const db = { command: sh("echo ready; [ -e cured ] || exit 0; exec sleep 600"), ready: { log: "ready" } };
    await at.start({ db, web, other: sleeper });
    await at.has("db", "completed");
    at.write("cured", "");
    expect(await at.svc("start", "web")).toMatchObject({ code: 0 });
    expect(await at.row("db")).toMatchObject({ state: "running" });
  });

  test("and so does a restart", async () => {
    const at = place();
    await at.start({ db: quick, web: { ...web, autostart: true } });
    await at.has("web", "running");
    expect(await at.svc("stop", "db")).toMatchObject({ code: 0 });
    expect(await at.svc("restart", "web")).toMatchObject({ code: 0 });
    expect(await at.row("db")).toMatchObject({ state: "running" });
  });
});

describe("a stop in order", () => {
  test("a dependency that crashes while its dependents are still stopping is not started again", async () => {
    const at = place();
    const db = { ...noting, backoff: { initial: "1ms", max: "1ms" } };
    const svc = await at.start({ db, web: { ...lingering, dependsOn: ["db"] } });
    await at.has("web", "running");
    const { pid } = await at.row("db");
    const stop = at.spawn(["stop", "db", "web"]);
    await until(() => at.exists("lingering"));
    process.kill(pid!, "SIGKILL");
    await at.has("db", "stopped");
    at.write("leave", "");
    expect(await stop.ended).toMatchObject({ code: 0 });
    expect(at.lines("starts")).toEqual(["db.1"]);
    expect(svc.process.exitCode).toBeNull();
  });

  test("what depends on each other goes one after the other, and all else beside it", async () => {
    const at = place();
    const svc = await at.start({ db: lingering, web: { ...lingering, dependsOn: ["db"] }, mail: noting });
    await at.has("web", "running");
    await at.has("mail", "running");
    svc.process.kill("SIGTERM");
    // Not before web has ended, which it does not yet.
    await at.has("mail", "stopped");
    await until(() => at.exists("lingering"));
    expect(at.lines("lingering")).toEqual(["term"]);
    expect((await at.row("db")).state).toBe("running");
    at.write("leave", "");
    expect(await svc.ended).toMatchObject({ code: 0 });
  });
});

describe("one command gives way to a later one", () => {
  const workers = { ...noting, instances: 3 };

  /** A rolling restart that waits for its first instance. */
  async function inTheMidstOfARoll() {
    const at = place();
    const ready = { exec: sh("[ ! -e closed ]"), interval: "20ms", timeout: "1h" };
    await at.start({ worker: { ...workers, ready }, other: sleeper });
    await at.has("worker.3", "running");
    // A shell notes its start some time after it.
    await until(() => at.lines("starts").length === 3);
    at.write("closed", "");
    const roll = at.spawn(["restart", "worker"]);
    await until(() => at.lines("starts").length === 4);
    return { at, roll };
  }

  test("a stop takes the instances that wait for their turn out of a rolling restart", async () => {
    const { at, roll } = await inTheMidstOfARoll();
    expect(await at.svc("stop", "worker.3")).toMatchObject({ code: 0 });
    expect(await roll.ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('restart worker: a later "stop" of worker.3 took over'),
    });
    expect(await at.row("worker.3")).toMatchObject({ state: "stopped" });
  });

  test("what is scaled away in the midst of a rolling restart does not come back", async () => {
    const { at, roll } = await inTheMidstOfARoll();
    expect(await at.svc("scale", "worker=2")).toMatchObject({ code: 0 });
    expect(await roll.ended).toMatchObject({ code: 1 });
    expect((await at.ask("list", {})).services.map(({ name }) => name)).toEqual(["worker.1", "worker.2", "other"]);
    expect(at.lines("starts").toSorted()).toEqual(["worker.1", "worker.1", "worker.2", "worker.3"]);
  });

  test("where one does not get up, the rest stays on the old", async () => {
    const at = place();
    const command = sh(`[ -e broken ] && exit 3; echo ready; exec sleep 600`);
    await at.start({ worker: { command, ready: { log: "ready" }, instances: 2, backoff: patient } });
    const { pid } = await at.has("worker.2", "running");
    await at.has("worker.1", "running");
    at.write("broken", "");
    expect(await at.svc("restart", "worker")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("worker.1 is not up: exited 3"),
    });
    expect(await at.row("worker.2")).toMatchObject({ state: "running", pid });
  });

  test("scaled down and up again at once: who was on the way out stays", async () => {
    const at = place();
    await at.start({ worker: { ...lingering, instances: 2 }, other: sleeper });
    await at.has("worker.2", "running");
    const down = at.spawn(["scale", "worker=1"]);
    await until(() => at.exists("lingering"));
    const up = at.spawn(["scale", "worker=2"]);
    expect(await down.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("scale worker=1: a later") });
    at.write("leave", "");
    await at.shows("worker.2", (row) => row.lastExit !== null);
    await up.ended;
    expect((await at.ask("list", {})).services.map(({ name }) => name)).toEqual(["worker.1", "worker.2", "other"]);
  });

  test("who leaves `svc scale` with Ctrl-C does not keep what is scaled away", async () => {
    const at = place();
    await at.start({ worker: { ...lingering, instances: 2 }, other: sleeper });
    await at.has("worker.2", "running");
    const down = at.spawn(["scale", "worker=1"]);
    await until(() => at.exists("lingering"));
    down.process.kill("SIGINT");
    expect(await down.ended).toMatchObject({ code: 130 });
    at.write("leave", "");
    await until(async () => (await at.ask("list", {})).services.every(({ name }) => name !== "worker.2"));
  });

  test("what has no instances is not said to be up", async () => {
    const at = place();
    await at.start({ worker: sleeper, other: sleeper });
    expect(await at.svc("scale", "worker=0")).toMatchObject({ code: 0, stdout: "worker has no instances now\n" });
    const none = { code: 1, stdout: "", stderr: "svc: worker has no instances\n  `svc scale worker=1` makes one\n" };
    for (const words of [
      ["wait", "worker"],
      ["start", "worker"],
      ["restart", "worker"],
    ])
      expect(await at.svc(...words)).toMatchObject(none);
    expect(await at.svc("wait", "worker", "--for", "stopped")).toMatchObject({ code: 0 });
    expect(await at.svc("restart", "worker", "other")).toMatchObject({ code: 0 });
  });

  test("a number that the config could not have is refused", async () => {
    const at = place();
    await at.start({ worker: sleeper, web: { ...sleeper, portBase: 65_500 } });
    const many = "svc: cannot scale worker to 999999: a whole number from 0 to 10000 is possible\n";
    expect(await at.svc("scale", "worker=999999")).toMatchObject({ code: 2, stderr: many });
    const ports = "svc: cannot scale web to 37: a whole number from 0 to 36 is possible (portBase is 65500, and the last port 65535)\n";
    expect(await at.svc("scale", "web=37")).toMatchObject({ code: 2, stderr: ports });
    for (const count of [1.5, 1e300]) await expect(at.ask("scale", { name: "worker", count })).rejects.toThrow("cannot scale worker to");
    expect((await at.ask("list", {})).services.map(({ name }) => name)).toEqual(["worker", "web"]);
  });

  test("the number that `svc scale` has set outlives a reload that does not change it", async () => {
    const at = place();
    await at.start({ worker: { ...quick, instances: 1 } });
    expect(await at.svc("scale", "worker=2")).toMatchObject({ code: 0 });
    at.write("services.json", { services: { worker: { ...quick, instances: 1 }, other: quick } });
    expect(await at.svc("reload")).toMatchObject({ code: 0 });
    expect((await at.ask("list", {})).services.map(({ name }) => name)).toEqual(["worker.1", "worker.2", "other"]);
    at.write("services.json", { services: { worker: { ...quick, instances: 3 }, other: quick } });
    expect(await at.svc("reload")).toMatchObject({ code: 0 });
    expect((await at.ask("list", {})).services).toHaveLength(4);
  });
});

describe("restartDependents", () => {
  const shop = { db: { ...quick, restartDependents: true }, web: { ...noting, dependsOn: ["db"] } };

  test("its restarts take over no command", async () => {
    const at = place();
    await at.start(shop);
    await at.has("web", "running");
    expect(await at.svc("restart")).toMatchObject({ code: 0 });
    await at.has("web", "running");
  });

  test("it brings back nothing that was asked to stop", async () => {
    const at = place();
    await at.start({ ...shop, web: { ...lingering, dependsOn: ["db"] } });
    await at.has("web", "running");
    const stop = at.spawn(["stop", "web"]);
    await until(() => at.exists("lingering"));
    expect(await at.svc("restart", "db")).toMatchObject({ code: 0 });
    at.write("leave", "");
    expect(await stop.ended).toMatchObject({ code: 0 });
    expect(await at.row("web")).toMatchObject({ state: "stopped" });
  });
});

test("one deadline for a chain of slow ones: each has its stop signal before it is killed, the last before its turn", async () => {
  const at = place();
  const slow = (seconds: number) => ({
    command: ["perl", fixture("services/marks.pl"), "marks", "0", String(seconds)],
    ready: { log: "ready" },
  });
  at.write("services.json", {
    shutdownTimeout: "9s",
    services: { db: slow(600), api: { ...slow(600), dependsOn: ["db"] }, web: { ...slow(3), stop: { timeout: "6s" }, dependsOn: ["api"] } },
  });
  const svc = at.spawn(["start"]);
  await at.answers();
  await at.has("web", "running");
  const asked = performance.now();
  svc.process.kill("SIGTERM");
  const { code, stderr } = await svc.ended;
  expect(code).toBe(0);
  // It is 9.5 s at most where the machine has time; more than that is no matter of the deadline.
  expect(performance.now() - asked).toBeLessThan(20_000);
  // web has ended in 3 s. api has 5 s from then on; two seconds before the deadline, db does not wait for it any longer.
  const marks = at.lines("marks").map((line) => line.split(" ").slice(0, 2).join(" "));
  expect(marks.slice(marks.indexOf("web ready") + 1)).toEqual(["web term", "web end", "api term", "db term"]);
  for (const name of ["api", "db"]) expect(stderr).toContain(`killing ${name}`);
});
