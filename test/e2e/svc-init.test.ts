import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadNative } from "../../src/effects/native/native.ts";
import { guardProcesses } from "../helpers/guard.ts";
import { collect } from "../helpers/output.ts";
import { living } from "../helpers/processes.ts";
import { fixture, notesSignals } from "../helpers/run.ts";
import { until } from "../helpers/until.ts";

const BIN = new URL("../../bin/", import.meta.url).pathname;
const NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc"];
// A container without CAP_SYS_ADMIN may make no pid namespace.
const mayUnshare = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0;

const ORPHANS = 100;
const SVC = [process.execPath, `${BIN}svc.js`];

const guard = guardProcesses();
let path = "";
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "svc-init-"));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [file = "", ...args] = [...NAMESPACE, ...argv];
  const child = spawn(file, args, { cwd: path, env: { ...guard.env, ...env } });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const ended = new Promise((resolve) => {
    child.once("close", (code) => resolve({ code, stdout: stdout.text(), stderr: stderr.text() }));
  });
  return { child, ended };
}

const makesOrphans = ["run", "--", "sh", fixture("orphans.sh"), String(ORPHANS), "42", "ended"];
const clean = { code: 42, stdout: `${ORPHANS} ended, 0 zombies\n`, stderr: "" };
const without = { SVC_NO_NATIVE: "1" };

describe.skipIf(!mayUnshare)("as PID 1", () => {
  // Those are the shells of Debian's and of most other images; busybox's is a relative of the first.
  test.each([["sh"], ["dash"], ["bash", "--posix"]])(
    "svc-init under %s leaves no zombie, and passes on svc's exit code",
    async (...shell) => {
      expect(await start([...shell, `${BIN}svc-init`, ...makesOrphans], without).ended).toEqual(clean);
    },
  );

  test.skipIf("missing" in loadNative())("svc run leaves no zombie", async () => {
    expect(await start([...SVC, ...makesOrphans]).ended).toEqual(clean);
  });

  test("svc run without the native part says what that means", async () => {
    const { ended } = start([...SVC, "run", "--", "sh", "-c", "exit 3"], without);
    expect(await ended).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^svc: svc is PID 1 without its native part \(.*\): orphans will stay as zombies;.* svc-init\n$/),
    });
  });

  test.each(["TERM", "INT", "HUP", "QUIT", "USR1", "USR2"] as const)(
    "svc-init forwards SIG%s once, and svc's input is its own",
    async (name) => {
      const notes = (): string[] => readFileSync(join(path, "notes"), "utf8").split("\n").filter(Boolean);
      const { child, ended } = start([`${BIN}svc-init`, "run", "--", ...notesSignals(name)]);
      await until(() => notes().length === 1);
      const init = living().find(({ ppid }) => ppid === child.pid)!;
      process.kill(init.pid, `SIG${name}`);
      expect(await ended).toMatchObject({ code: 5, stderr: "" });
      expect(notes().slice(1)).toEqual([`main ${name}`]);
    },
  );

  test("svc-init gives svc its own standard input", async () => {
    const { child, ended } = start([`${BIN}svc-init`, "run", "--", "cat"]);
    child.stdin.end("typed");
    expect(await ended).toMatchObject({ code: 0, stdout: "typed" });
  });
});
