import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { loadNative } from "../../src/effects/native/native.ts";
import { follow, type Place, sh, usePlaces } from "../helpers/fleet.ts";
import { isGone, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place, track, env } = usePlaces();
const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;

/** Starts it in a session of its own, without a parent and without an environment, before svc has looked at the tree. */
const ESCAPES = sh("(setsid env -i sh -c 'echo $$ >stray; exec sleep 600' >/dev/null 2>&1 &)\nexec sleep 600");

/** The same for each call; what it leaves is noted in `strays`, and is there when this goes on. */
const LEAVES = `touch strays; n=$(wc -l <strays)
(setsid env -i sh -c 'echo $$ >>strays; exec sleep 600' >/dev/null 2>&1 &)
while [ $(wc -l <strays) = $n ]; do sleep 0.01; done`;

/** Of all that have been noted so far, those that live, which are guarded from now on. */
function straysLeft(at: Place): number[] {
  const pids = at.lines("strays").map(Number);
  pids.forEach(track);
  return pids.filter((pid) => !isGone(pid));
}

describe.skipIf("missing" in loadNative())("what has left the group, session and environment", () => {
  test.each([
    ["takes too long", "exec sleep 600", "1s"],
    ["passes", "exit 0", "1h"],
    ["fails", "exit 3", "1h"],
  ])("of a check that %s ends with it", async (_, then, timeout) => {
    const at = place();
    const exec = sh(`${LEAVES}\necho x >>made\n[ $(wc -l <made) -lt 3 ] || exec sleep 600\n${then}`);
    await at.start({ web: { command: "sleep 600", health: { exec, interval: 0, timeout, retries: 1000 } } });
    await until(() => at.lines("made").length >= 3);
    straysLeft(at);
    const noted = at.lines("strays").slice(0, 2).map(Number);
    await until(() => noted.every(isGone), { what: `the end of ${noted}` });
  });

  test("of a stop command ends with it", async () => {
    const at = place();
    const stop = { command: sh(`${LEAVES}; kill $SVC_PID`), timeout: "1h" };
    await at.start({ web: { command: "sleep 600", stop }, other: { command: "sleep 600" } });
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect({ made: at.lines("strays").length, left: straysLeft(at) }).toEqual({ made: 1, left: [] });
  });

  test("of a service meanwhile is not touched by its checks", async () => {
    const at = place();
    const exec = sh("echo x >>made");
    await at.start({ web: { command: sh(`${LEAVES}\nexec sleep 600`), health: { exec, interval: 0, timeout: "1m" } } });
    await until(() => at.lines("strays").length === 1);
    const before = at.lines("made").length;
    await until(() => at.lines("made").length > before + 2);
    expect(straysLeft(at)).toHaveLength(1);
  });
});

describe.skipIf("missing" in loadNative())("what svc has adopted and no tree knows of", () => {
  test("ends with svc", async () => {
    const at = place();
    const svc = await at.start({ web: { command: ESCAPES } });
    const stray = await until(() => Number(at.read("stray")));
    track(stray);
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expect(isGone(stray)).toBe(true);
  });

  test("is spared where its service may leave daemons behind, and says so by its environment", async () => {
    const at = place();
    const command = sh("(setsid sh -c 'echo $$ >daemon; exec sleep 600' >/dev/null 2>&1 &)\nexec sleep 600");
    const svc = await at.start({ web: { command, stop: { tree: false } } });
    const daemon = await until(() => Number(at.read("daemon")));
    track(daemon);
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expect(isGone(daemon)).toBe(false);
  });

  test("is spared where it is a supervisor that a service has started in the background", async () => {
    const at = place();
    at.write("inner/services.json", { services: { inner: { command: sh("echo $PPID >supervisor; exec sleep 600") } } });
    const starts = sh(`"${process.execPath}" "${BIN}" start -d -c inner/services.json && : >started; exec sleep 600`);
    at.write("services.json", { services: { web: { command: starts } } });
    const svc = at.spawn(["start"]);
    await until(() => at.exists("started"));
    const inner = await until(() => Number(at.read("inner/supervisor")));
    track(inner);
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expect(isGone(inner)).toBe(false);
  });

  test("is spared by a stop, too, while the command that has started it still waits", async () => {
    const at = place();
    const inner = { command: sh("echo $PPID $$ >pids; exec sleep 600"), ready: { log: "never said", timeout: "1h" } };
    at.write("inner/services.json", { services: { inner } });
    // With an orphan svc looks at all processes, and not only at the children of those that it knows.
    const command = sh(`(setsid sleep 600 &); "${process.execPath}" "${BIN}" start -d -c inner/services.json; exec sleep 600`);
    await at.start({ web: { command } });
    const pids = await until(() => at.read("inner/pids").trim());
    const nested = pids.split(" ").map(Number);
    nested.forEach(track);
    // A look at all that the service has, in which they stand as its descendants.
    expect(await at.svc("list")).toMatchObject({ code: 0 });
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect(nested.map(isGone)).toEqual([false, false]);
  });

  test("is spared where svc came into being with children: whose it is cannot be told then", async () => {
    const at = place();
    at.write("services.json", { services: { web: { command: sh("exec sleep 600") } } });
    const script = `sleep 600 >/dev/null 2>&1 & echo $! >earlier; exec "${process.execPath}" "${BIN}" start`;
    const svc = follow(spawn("sh", ["-c", script], { cwd: at.path, env: { ...env, HOME: at.path, XDG_RUNTIME_DIR: at.runtime } }));
    await svc.says("started");
    const earlier = Number(at.read("earlier"));
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expect(isGone(earlier)).toBe(false);
  });
});
