import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SpawnRequest } from "../../../src/effects/child.ts";
import { createSpawner } from "../../../src/effects/spawn/queue.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { collect, lineFrom } from "../../helpers/output.ts";
import { isGone, seen, signal } from "../../helpers/processes.ts";
import { spawners } from "../../helpers/spawners.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();

function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "svc-spawn-")));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Without those that are ignored (CHLD, URG, WINCH) or stop and continue a process: signal(7). */
const ENDING_SIGNALS = Array.from({ length: 31 }, (_, index) => index + 1).filter(
  (number) => ![17, 18, 19, 20, 21, 22, 23, 28].includes(number),
);
const nameOf = (number: number) => Object.entries(constants.signals).find(([, value]) => value === number)?.[0];

describe.each(spawners)("$name", ({ name, spawn }) => {
  const start = (argv: string[], more: Partial<SpawnRequest> = {}) => spawn({ argv, cwd: "/", env: guard.env, ...more });
  const queued = createSpawner(spawn);
  const shell = (script: string, more: Partial<SpawnRequest> = {}) => start(["sh", "-c", script], more);

  test("gives the child a session and a group of its own, and /dev/null to read", async () => {
    const child = await start(["sleep", "600"]);
    expect(seen(child.pid)).toMatchObject({ pgrp: child.pid, session: child.pid, ppid: process.pid });
    expect(readlinkSync(`/proc/${child.pid}/fd/0`)).toBe("/dev/null");
  });

  test("passes arguments, folder and environment as they are, and its own environment not at all", async () => {
    const cwd = tempFolder();
    const env = { PATH: "/usr/bin:/bin", ONLY: "a b\n$x" };
    const argv = [
      process.execPath,
      "-e",
      "console.log(JSON.stringify([process.argv.slice(1), process.cwd(), process.env]))",
      "--",
      "$HOME",
      "",
    ];
    const child = await start(argv, { cwd, env });
    guard.track(child.pid);
    expect(JSON.parse(await lineFrom(child.stdout, "["))).toEqual([["$HOME", ""], cwd, env]);
  });

  test("shows the program under the name that was written", async () => {
    const child = await start(["sleep", "600"]);
    // The kernel lets the parent go on a moment before it has put the new arguments in place.
    await until(() => readFileSync(`/proc/${child.pid}/cmdline`, "latin1") === "sleep\x00600\0");
  });

  test("keeps the two outputs apart", async () => {
    const child = await shell("echo out; echo err >&2");
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    await until(() => out.text() === "out\n" && err.text() === "err\n");
  });

  test("reports the exit code, and the name of the signal that it died by", async () => {
    expect(await (await shell("exit 3")).exited).toEqual({ code: 3, signal: null });
    expect(await (await shell("kill -KILL $$")).exited).toEqual({ code: null, signal: "SIGKILL" });
    expect(await (await shell("kill -TERM $$")).exited).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("tells each signal that ends a process, 1 to 31", async () => {
    const children = await Promise.all(ENDING_SIGNALS.map((number) => shell(`ulimit -c 0; kill -${number} $$`)));
    expect(await Promise.all(children.map(({ exited }) => exited))).toEqual(
      ENDING_SIGNALS.map((number) => ({ code: null, signal: nameOf(number) })),
    );
  });

  // Node takes it for an exit with 0.
  test.skipIf(name === "node")("tells a death by a real-time signal", async () => {
    expect(await (await shell("kill -40 $$")).exited).toEqual({ code: null, signal: "SIG40" });
  });

  test("tells each exit code, 0 to 255", async () => {
    const codes = Array.from({ length: 256 }, (_, code) => code);
    const children = await Promise.all(codes.map((code) => queued({ argv: ["sh", "-c", `exit ${code}`], cwd: "/", env: guard.env })));
    expect(await Promise.all(children.map(({ exited }) => exited))).toEqual(codes.map((code) => ({ code, signal: null })));
  });

  test("notices the end at once, though a descendant still holds the pipes", async () => {
    const child = await shell("sleep 600 & exit 4");
    expect(await child.exited).toEqual({ code: 4, signal: null });
    await until(() => guard.left().length === 1);
  });

  test("loses nothing of an output that nobody reads until after the end", async () => {
    const child = await start([process.execPath, "-e", "process.stdout.write('x'.repeat(50000))"]);
    await child.exited;
    // The stream would have been emptied in one of the next turns.
    await delay(50);
    const out = collect(child.stdout);
    await until(() => out.text().length === 50_000);
  });

  test("leaves a paused output paused when the process ends", async () => {
    const child = await start([process.execPath, "-e", "process.stdout.write('x'.repeat(50000))"]);
    let arrived = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      arrived += chunk.length;
    });
    child.stdout.pause();
    await child.exited;
    await delay(50);
    expect(arrived).toBe(0);
    child.stdout.resume();
    await until(() => arrived === 50_000);
  });

  test("opens the descriptor that was asked for, and none between", async () => {
    const child = await shell("ls /proc/$$/fd >&2; echo ready >&5; exec sleep 600", { notifyFd: 5 });
    const err = collect(child.stderr);
    expect(child.notify).not.toBeNull();
    if (child.notify !== null) {
      await lineFrom(child.notify, "ready");
    }
    await until(() => err.lines().length >= 4);
    expect(err.lines()).toEqual(expect.arrayContaining(["0", "1", "2", "5"]));
    expect(err.lines().filter((fd) => fd === "3" || fd === "4")).toEqual([]);
  });

  test.each([
    { beside: "nothing", more: {} },
    { beside: "the one that tells", more: { notifyFd: 4 } },
    { beside: "the channel", more: { ipc: true } },
    { beside: "both", more: { ipc: true, notifyFd: 4 } },
  ])("hands on a descriptor of its own as number 3, beside $beside", async ({ more }) => {
    const listener = openSync("/", "r");
    onTestFinished(() => closeSync(listener));
    const child = await shell('echo "channel $NODE_CHANNEL_FD"; [ -z "$TELL" ] || echo ready >&4; exec sleep 600', {
      ...more,
      listener,
      env: { ...guard.env, TELL: "notifyFd" in more ? "1" : "" },
    });
    const free = "notifyFd" in more ? 5 : 4;
    expect(await lineFrom(child.stdout, "channel")).toBe(`channel ${"ipc" in more ? free : ""}`);
    if (child.notify !== null) await lineFrom(child.notify, "ready");
    expect(readlinkSync(`/proc/${child.pid}/fd/3`)).toBe("/");
  });

  test("gives the child three descriptors, and nothing else of what svc has open", async () => {
    const held = [openSync("/dev/null", "r"), openSync("/", "r")];
    onTestFinished(() => held.forEach(closeSync));
    const child = await start(["sleep", "600"]);
    const descriptors = (): string[] => readdirSync(`/proc/${child.pid}/fd`);
    expect(descriptors()).toEqual(expect.arrayContaining(["0", "1", "2"]));
    expect(descriptors().filter((fd) => held.includes(Number(fd)))).toEqual([]);
    // The loader has each library open for a moment. Without the native part svc closes at its start what it has inherited on
    // a high number; this test has not.
    if (name === "posix") await until(() => descriptors().length === 3);
  });

  test("lets the child meet its signals as any program would: none blocked, none ignored", async () => {
    const child = await start(["sleep", "600"]);
    const status = readFileSync(`/proc/${child.pid}/status`, "latin1");
    expect([...status.matchAll(/^Sig(?:Blk|Ign):\t0+$/gm)]).toHaveLength(2);
  });

  test("has no such descriptor where none was asked for", async () => {
    expect((await start(["sleep", "600"])).notify).toBeNull();
  });

  test("an unread pipe that breaks, or a later kill that fails, is no unheard error", async () => {
    const child = await shell("sleep 600", { notifyFd: 3 });
    for (const stream of [child.stdout, child.stderr, child.notify]) {
      stream?.destroy(new Error("broken"));
    }
    signal(child.pid, "SIGKILL");
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("says what cannot be started, with the code and the subject", async () => {
    const failure = (argv: string[], more: Partial<SpawnRequest> = {}) =>
      start(argv, more).then(
        () => null,
        (error: unknown) => error,
      );
    expect(await failure(["no-such-program"])).toMatchObject({ name: "SpawnError", code: "ENOENT", subject: "no-such-program" });
    expect(await failure(["sleep"], { cwd: "/no/such/folder" })).toMatchObject({ code: "ENOENT", subject: "/no/such/folder" });
    expect(await failure(["/etc/passwd"])).toMatchObject({ code: "EACCES", subject: "/etc/passwd" });
    expect(await failure(["sleep", "x".repeat(200_000)])).toMatchObject({ code: "E2BIG", subject: "sleep" });
    expect(await failure(["sleep", "a\0b"])).toMatchObject({ code: "EINVAL", subject: "sleep" });
  });

  test("names the missing interpreter of a script that is there", async () => {
    const file = join(tempFolder(), "script");
    writeFileSync(file, "#!/opt/none/python3\n", { mode: 0o755 });
    await expect(start([file])).rejects.toMatchObject({ code: "ENOENT", subject: `${file}: /opt/none/python3` });
  });

  test("does not start what was abandoned before", async () => {
    await expect(start(["sleep", "600"], { signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow("stopped");
    expect(guard.left()).toEqual([]);
  });

  test("out of descriptors it says so, leaks none, and works again when there are some", async () => {
    const fixture = new URL("../../fixtures/processes/out-of-descriptors.js", import.meta.url).pathname;
    const child = await shell(`ulimit -n 60; exec "${process.execPath}" --expose-gc "${fixture}" ${name}`);
    const out = collect(child.stdout);
    const err = collect(child.stderr);
    await child.exited;
    await until(() => out.text() !== "" || err.text() !== "");
    expect(err.text()).toBe("");
    const report = JSON.parse(out.text());
    expect(report).toMatchObject({ codes: ["SpawnError EMFILE true"], descriptors: 0, after: { code: 0, signal: null } });
    // Node's own spawn leaves 800 bytes of heap for each failure, and 5 KB outside of it.
    expect(report.bytes).toBeLessThan(200);
    expect(isGone(child.pid)).toBe(true);
  });
});
