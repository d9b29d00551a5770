import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { loadNative } from "../../src/effects/native.ts";
import { follow, sh, usePlaces } from "../helpers/fleet.ts";
import { isGone, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place, track, env } = usePlaces();
const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;

/** Starts it in a session of its own, without a parent and without an environment, before svc has looked at the tree. */
const ESCAPES = sh("(setsid env -i sh -c 'echo $$ >stray; exec sleep 600' >/dev/null 2>&1 &)\nexec sleep 600");

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
