import { spawn, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { fixture, follow, type Place, type Running, usePlaces } from "../helpers/fleet.ts";

/** Signals that come in the moment in which svc's first line has run, and nothing of it is loaded yet. */

const { place, env: base, left } = usePlaces();
const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc"];
// A container without CAP_SYS_ADMIN may make no pid namespace.
const mayUnshare = spawnSync("unshare", [...NAMESPACE.slice(1), "true"]).status === 0;

/** `prefix`: what svc is run by. */
function svcWith(signals: string, at: Place, args: readonly string[], prefix: readonly string[] = []): Running {
  const [file = "", ...words] = [...prefix, process.execPath, "--require", fixture("signals/at-once.cjs"), BIN, ...args];
  const env = { ...base, HOME: at.path, XDG_RUNTIME_DIR: at.runtime, AT_ONCE: signals };
  // Without a terminal, so that SIGHUP is no stop.
  return follow(spawn(file, words, { cwd: at.path, env, detached: true }));
}

function withService(): Place {
  const at = place();
  at.write("services.json", { services: { web: { command: ["sh", "-c", ": >started; exec sleep 600"] } } });
  return at;
}

describe("svc start", () => {
  test.each([
    ["SIGTERM", 0],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
    ["SIGHUP SIGUSR1 SIGTERM", 0],
  ])("%s: starts nothing, and exits %d", async (signals, code) => {
    const at = withService();
    expect(await svcWith(signals, at, ["start"]).ended).toMatchObject({ code, signal: null, stderr: "" });
    expect({ started: at.exists("started"), left: left() }).toEqual({ started: false, left: [] });
  });

  test.skipIf(!mayUnshare)("SIGTERM is not lost on PID 1 (where a pid namespace can be made)", async () => {
    const at = withService();
    const { code } = await svcWith("SIGTERM", at, ["start"], NAMESPACE).ended;
    expect({ code, started: at.exists("started") }).toEqual({ code: 0, started: false });
  });

  test("the command that only waits for one in the background dies of the signal", async () => {
    const at = withService();
    expect(await svcWith("SIGTERM", at, ["start", "--detach"]).ended).toMatchObject({ signal: "SIGTERM" });
  });
});

describe("svc run", () => {
  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGQUIT", 131],
    ["SIGHUP", 129],
    ["SIGUSR2", 140],
  ])("%s reaches the command", async (signal, code) => {
    const { ended } = svcWith(signal, place(), ["run", "--", "sleep", "600"]);
    expect(await ended).toMatchObject({ code, signal: null });
  });
});
