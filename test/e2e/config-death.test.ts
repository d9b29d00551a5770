import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { fixture, follow, type Place, usePlaces } from "../helpers/fleet.ts";
import { isGone, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

/** Nothing that a config has started is left, whatever ends its evaluation. */

const { place, track, env: base } = usePlaces();
const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;

const BLOCKS = "for (;;) {}";
const WAITS = "await new Promise(() => setInterval(() => {}, 1000));";

const DETACHED = `spawn("sh", ["-c", "echo $$ >>pids; exec sleep 600"], { detached: true, stdio: "ignore" })`;
const DAEMON = `spawn("sh", ["-c", "(setsid sh -c 'echo $$ >>pids; exec sleep 600' &)"], { stdio: "ignore" })`;
/** Leaves its session and has no environment: its parent tells where it came from, and what it has inherited. */
const BARE = `spawn("setsid", ["env", "-i", "sh", "-c", "echo $$ >>pids; exec sleep 600"], { stdio: "ignore" })`;
/** The same without a parent. */
const STRAY = `spawn("sh", ["-c", "(setsid env -i sh -c 'echo $$ >>pids; exec sleep 600' &)"], { stdio: "ignore" })`;

/** A config that starts these, waits until they run, and then does as said. Resolves with the pids, the evaluator's among them. */
function configThat(at: Place, starts: readonly string[], then: string): () => Promise<number[]> {
  const text = `
    import { spawn } from "node:child_process";
    import { readFileSync, writeFileSync } from "node:fs";
    writeFileSync("pids", process.pid + "\\n");
    ${starts.join(";\n")};
    while (readFileSync("pids", "utf8").split("\\n").length < ${starts.length + 2}) await new Promise((done) => setTimeout(done, 10));
    writeFileSync("running", "");
    ${then}
    export default { services: { web: { command: "sleep 600" } } };`;
  at.write("services.mjs", text);
  return async () => {
    await until(() => at.exists("running"), { what: "the config's processes" });
    const pids = at.lines("pids").map(Number);
    pids.forEach(track);
    return pids;
  };
}

describe.each(["start", "check"])("svc %s", (command) => {
  test.each([
    ["blocks", BLOCKS],
    ["waits", WAITS],
  ])("leaves nothing where it is killed while the config %s", async (_, then) => {
    const at = place();
    const running = configThat(at, [DETACHED, DAEMON, BARE, STRAY], then);
    const svc = at.spawn([command]);
    const pids = await running();
    signal(svc.pid, "SIGKILL");
    await until(() => pids.every(isGone), { what: `the end of ${pids}` });
  });

  test("leaves nothing where SIGTERM comes while the config blocks", async () => {
    const at = place();
    const running = configThat(at, [DETACHED, DAEMON], BLOCKS);
    const svc = at.spawn([command]);
    const pids = await running();
    signal(svc.pid, "SIGTERM");
    expect(await svc.ended).toMatchObject(command === "start" ? { code: 0 } : { signal: "SIGTERM" });
    await until(() => pids.every(isGone), { what: `the end of ${pids}` });
  });

  test("killed before it knows of the evaluation, lets the config run nothing", async () => {
    const at = place();
    configThat(at, [DETACHED], BLOCKS);
    const killer = fixture("signals/after-evaluator.cjs");
    const env = { ...base, HOME: at.path, XDG_RUNTIME_DIR: at.runtime };
    const svc = follow(spawn(process.execPath, ["--require", killer, BIN, command], { cwd: at.path, env }));
    expect(await svc.ended).toMatchObject({ signal: "SIGKILL" });
    const evaluator = Number(at.read("evaluator"));
    track(evaluator);
    await until(() => isGone(evaluator), { what: "the end of the evaluator" });
    expect(at.exists("pids")).toBe(false);
  });
});

test("svc check: what a config has started is gone with the answer", async () => {
  const at = place();
  const running = configThat(at, [DETACHED, DAEMON, BARE, STRAY], "");
  expect(await at.svc("check")).toMatchObject({ code: 0 });
  const pids = await running();
  expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
});

test("svc start: with SIGTERM goes also what has neither its session nor its environment nor a parent", async () => {
  const at = place();
  const running = configThat(at, [BARE, STRAY], WAITS);
  const svc = at.spawn(["start"]);
  const pids = await running();
  signal(svc.pid, "SIGTERM");
  expect(await svc.ended).toMatchObject({ code: 0 });
  expect(pids.filter((pid) => !isGone(pid))).toEqual([]);
});

test("a config that gives a service its own whole environment gives it no mark of its evaluation", async () => {
  const at = place();
  at.write("services.mjs", `export default { services: { web: { command: "sleep 600", env: { ...process.env, ONE: "1" } } } };`);
  const { services } = JSON.parse((await at.svc("check", "--print")).stdout) as { services: { env: [string, string][] }[] };
  const names = services[0]!.env.map(([name]) => name);
  expect(names).toContain("ONE");
  expect(names.filter((name) => name.startsWith("SVC_TREE_"))).toEqual([]);
});
