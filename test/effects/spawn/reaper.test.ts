import { spawn, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createClock } from "../../../src/effects/clock.ts";
import { loadNative } from "../../../src/effects/native/native.ts";
import { createPosixSpawner } from "../../../src/effects/spawn/posix.ts";
import { createReaper } from "../../../src/effects/spawn/reaper.ts";
import { createFakeClock } from "../../helpers/fake-clock.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { collect, lineFrom } from "../../helpers/output.ts";
import { signal } from "../../helpers/processes.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();
const native = loadNative();
const fixture = new URL("../../fixtures/processes/reaps.js", import.meta.url).pathname;
const NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc"];
const mayUnshare = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0;

/** Twice as many as one sweep takes. */
const ORPHANS = 1000;
const CHILDREN = 200;

describe.skipIf("missing" in native)("beside children of its own, and of a worker thread", () => {
  const run = async (...wrapper: string[]) => {
    const [file = "", ...args] = [...wrapper, process.execPath, fixture, String(ORPHANS), String(CHILDREN)];
    const child = spawn(file, args, { env: guard.env });
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    await new Promise((resolve) => child.once("close", resolve));
    expect(err.text()).toBe("");
    return JSON.parse(out.text());
  };
  const whole = { generator: 0, adopted: ORPHANS, posix: CHILDREN, node: CHILDREN, worker: CHILDREN };

  test("a subreaper reaps every orphan and takes nobody's exit status", async () => {
    expect(await run()).toMatchObject(whole);
  });

  // A container without CAP_SYS_ADMIN may make no pid namespace.
  test.skipIf(!mayUnshare)("and so does PID 1", async () => {
    expect(await run(...NAMESPACE)).toMatchObject(whole);
  });
});

/** The kernel's part, played: who has ended, in the order in which it shows them. */
function fakeWaits(ended: number[]) {
  const left = (pid: number): boolean => ended.includes(pid);
  return {
    waitable: () => ended[0] ?? 0,
    reap(pid: number) {
      if (!left(pid)) return null;
      ended.splice(ended.indexOf(pid), 1);
      return { code: pid % 256, signal: null };
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a sweep", () => {
  test("lets the event loop have its turn after 500, and then goes on by itself", async () => {
    const ended = Array.from({ length: 1200 }, (_, index) => 1_000_000 + index);
    let arrive = (): void => {};
    const onChildSignal = (listener: () => void): void => {
      arrive = listener;
    };
    createReaper({ native: fakeWaits(ended), clock: createFakeClock(), onChildSignal });
    arrive();
    arrive();
    const left = [ended.length];
    for (let look = 0; look < 3; look += 1) {
      await turn();
      left.push(ended.length);
    }
    expect(left).toEqual([700, 200, 0, 0]);
  });

  test("comes after 5 s without a signal, so that no death is missed for good", async () => {
    const ended: number[] = [];
    const clock = createFakeClock();
    const reaper = createReaper({ native: fakeWaits(ended), clock, onChildSignal: () => {} });
    const exit = reaper.exitOf(1_000_003);
    ended.push(1_000_003);
    clock.advance(5000);
    expect(await exit).toEqual({ code: 1_000_003 % 256, signal: null });
  });
});

test.skipIf("missing" in native)("tells orphans from what Node and svc have started", async () => {
  if ("missing" in native) return;
  native.becomeSubreaper();
  const reaper = createReaper({ native, clock: createClock(), onChildSignal: () => {} });
  const posix = await createPosixSpawner({ native, reaper })({ argv: ["sleep", "600"], cwd: "/", env: guard.env });
  const node = spawn("sh", ["-c", "sleep 600 & echo $!; exec sleep 600"], { env: guard.env, stdio: ["ignore", "pipe", "inherit"] });
  const orphan = Number(await lineFrom(node.stdout, ""));
  expect(reaper.orphans()).toEqual([]);
  signal(node.pid!, "SIGKILL");
  await until(() => reaper.orphans()?.includes(orphan));
  expect(reaper.orphans()).not.toContain(posix.pid);
});
