import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Place, type Running, sh, usePlaces } from "../helpers/fleet.ts";
import { isGone, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();

const STARTERS = 20;
/** More by hand: SVC_RACE_ROUNDS=50. */
const ROUNDS = Number(process.env.SVC_RACE_ROUNDS ?? 1);

const sleeper = { command: "sleep 600" };

test(
  "of twenty started at once one runs, and nineteen exit 1 and name it",
  async () => {
    const at = place();
    at.write("services.json", { services: { web: { command: sh("echo $$ >> pids; exec sleep 600") } } });
    for (let round = 1; round <= ROUNDS; round++) await race(at, round);
  },
  ROUNDS * 240_000,
);

async function race(at: Place, round: number): Promise<void> {
  const starters = Array.from({ length: STARTERS }, () => at.spawn(["start"]));
  const losers = new Set<Running>();
  for (const one of starters) void one.ended.then(() => losers.add(one));
  await until(() => losers.size >= STARTERS - 1, { timeout: 180_000 });
  const winner = starters.find((one) => !losers.has(one))!;
  await at.has("web", "running");
  expect(losers.size).toBe(STARTERS - 1);
  for (const loser of losers) {
    const { code, stdout, stderr } = await loser.ended;
    expect({ code, stdout, stderr: stderr.split("\n")[0] }).toEqual({
      code: 1,
      stdout: "",
      stderr: `svc: already running (pid ${winner.pid})`,
    });
  }
  // The shell exists before it has written its line.
  await until(() => at.lines("pids").length >= round);
  expect(at.lines("pids")).toHaveLength(round);
  expect(await at.svc("stop")).toMatchObject({ code: 0 });
  expect((await winner.ended).code).toBe(0);
}

describe("after SIGKILL of the supervisor", () => {
  test("the next start works at once, and needs no cleaning up", async () => {
    const at = place();
    const first = await at.start({ web: sleeper });
    const before = await at.has("web", "running");
    signal(first.pid, "SIGKILL");
    await first.ended.catch(() => {});
    const list = await at.svc("list");
    expect(list).toMatchObject({ code: 3, stdout: "" });
    expect(list.stderr).toMatch(/^svc: no supervisor is running/);
    const second = await at.start({ web: sleeper });
    const after = await at.has("web", "running");
    expect(after.pid).not.toBe(before.pid);
    const started = `svc | web started (pid ${after.pid})\n`;
    await second.says(started);
    expect(await at.svc("stop")).toMatchObject({ code: 0 });
    const { code, stderr } = await second.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^svc \| web started/) });
    expect(isGone(after.pid!)).toBe(true);
  });
});

describe("which config a supervisor is for", () => {
  test("a link to the config is the same config", async () => {
    const at = place();
    const svc = await at.start({ web: sleeper });
    mkdirSync(join(at.path, "elsewhere"));
    symlinkSync(join(at.path, "services.json"), join(at.path, "elsewhere", "linked.json"));
    symlinkSync(at.path, join(at.path, "elsewhere", "folder"));
    const started = await at.svc("start", "-c", "elsewhere/linked.json");
    expect(started).toMatchObject({ code: 1 });
    expect(started.stderr).toContain(`already running (pid ${svc.pid})`);
    expect(await at.svc("list", "-c", "elsewhere/folder/services.json", "--json")).toMatchObject({ code: 0 });
  });

  test("two configs in one folder have a supervisor each", async () => {
    const at = place();
    await at.start({ web: sleeper });
    at.write("more.json", { services: { job: { command: sh("exit 0") } } });
    expect(await at.svc("start", "-c", "more.json")).toMatchObject({ code: 0 });
    expect(await at.row("web")).toMatchObject({ state: "running" });
  });
});

describe("--socket", () => {
  test("moves the socket only: clients find it by the config, and a second start is refused", async () => {
    const at = place();
    at.write("services.json", { services: { web: sleeper } });
    const svc = at.spawn(["start", "--socket", join(at.path, "mine.sock")]);
    await until(async () => (await at.svc("list")).code === 0);
    expect(at.exists("mine.sock")).toBe(true);
    const started = await at.svc("start");
    expect(started).toMatchObject({ code: 1 });
    expect(started.stderr).toContain(`already running (pid ${svc.pid})`);
    expect(await at.spawn(["list"], { cwd: "/", env: { SVC_SOCKET: join(at.path, "mine.sock") } }).ended).toMatchObject({ code: 0 });
  });
});
