import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadNative } from "../../src/effects/native/native.ts";
import { fixture, type Place, type Services, sh, usePlaces, type Variables } from "../helpers/fleet.ts";
import { collect } from "../helpers/output.ts";
import { type Seen, seen, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place, env: base } = usePlaces();
const isNative = !("missing" in loadNative());
const NAMESPACE = ["--pid", "--fork", "--mount-proc"];
const mayUnshare = spawnSync("unshare", [...NAMESPACE, "true"]).status === 0;

/** Fifty orphans that end at once, half of them in a session of their own. */
const MAKES_ORPHANS = `perl ${fixture("processes/orphans.pl")} 50; exec sleep 600`;

describe.skipIf(!isNative)("as a subreaper", () => {
  test("svc gets the orphans of its services, and leaves no zombie", async () => {
    const svc = await place().start({ web: { command: sh(MAKES_ORPHANS) } });
    const parents = await fiftyParents(svc.stdout);
    expect(parents).toEqual(Array(50).fill(svc.pid));
    await until(() => zombiesOf(svc.pid).length === 0);
  });

  test("a service that is killed by a real-time signal is told as such", async () => {
    const here = place();
    await here.start({ web: { command: sh("kill -40 $$"), restart: "never" }, other: { command: ["sleep", "600"] } });
    const { lastExit } = await here.has("web", "failed");
    expect(lastExit).toMatchObject({ code: null, signal: "SIG40", kind: "killed", reason: "killed by SIG40" });
  });

  test("an essential one that is killed by it gives svc the exit code 128 + 40", async () => {
    const here = place();
    here.write("services.json", { services: { web: { command: sh("kill -40 $$"), restart: "never", essential: true } } });
    expect(await here.svc("start")).toMatchObject({ code: 168 });
  });
});

// A container without CAP_SYS_ADMIN may make no pid namespace.
describe.skipIf(!mayUnshare)("as PID 1", () => {
  test.skipIf(!isNative)("svc reaps orphans, stops as asked, and says nothing of it", async () => {
    const svc = startAsPid1(place(), { web: { command: sh(MAKES_ORPHANS) } });
    expect(await fiftyParents(svc.stdout)).toEqual(Array(50).fill(1));
    const pid = await until(svc.pid);
    await until(() => zombiesOf(pid).length === 0);
    signal(pid, "SIGTERM");
    expect(await svc.code).toBe(0);
    expect(svc.stderr()).not.toContain("native");
  });

  test("without the native part svc says so, and what helps; all else works", async () => {
    const svc = startAsPid1(place(), { web: { command: sh("echo works; exec sleep 600") } }, { SVC_NO_NATIVE: "1" });
    await until(() => svc.stdout().includes("web | works"));
    await until(() => /PID 1 without its native part \(SVC_NO_NATIVE is set\).*docker run --init/.test(svc.stderr()));
    signal(await until(svc.pid), "SIGTERM");
    expect(await svc.code).toBe(0);
  });
});

/** Whose children the orphans became: each says so by itself, the last ones after the program that made them has ended. */
function fiftyParents(stdout: () => string): Promise<number[]> {
  return until(() => {
    const parents = [...stdout().matchAll(/^web \| (\d+)$/gm)].map(([, pid]) => Number(pid));
    return parents.length >= 50 && parents;
  }) as Promise<number[]>;
}

function startAsPid1(here: Place, services: Services, variables: Variables = {}) {
  here.write("services.json", { services });
  const bin = new URL("../../bin/svc.js", import.meta.url).pathname;
  const env = { ...base, XDG_RUNTIME_DIR: here.runtime, XDG_STATE_HOME: here.runtime, ...variables };
  const child: ChildProcess = spawn("unshare", [...NAMESPACE, process.execPath, bin, "start"], { cwd: here.path, env });
  const [stdout, stderr] = [collect(child.stdout!), collect(child.stderr!)];
  const code = new Promise((resolve) => child.once("close", resolve));
  /** As it is seen from outside. */
  const pid = () => childrenOf(child.pid!)[0]?.pid ?? 0;
  return { stdout: stdout.text, stderr: stderr.text, code, pid };
}

function zombiesOf(parent: number): Seen[] {
  return childrenOf(parent).filter(({ state }) => state === "Z");
}

function childrenOf(parent: number): Seen[] {
  return readFileSync(`/proc/${parent}/task/${parent}/children`, "latin1")
    .split(" ")
    .flatMap((pid) => seen(Number(pid)) ?? []);
}
