import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { childrenOf } from "../../src/effects/proc/proc.ts";
import { guardProcesses } from "../helpers/guard.ts";
import { collect } from "../helpers/output.ts";
import { commandLine, isGone, processesWith, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

/** svc as a user without a home, in images that cannot be written to, and beside users who mean ill. */

const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const FIXTURES = new URL("../fixtures/", import.meta.url).pathname;
const NOBODY = 65534;
const STRANGER = 65533;

const mayMount = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "setpriv", "--reuid", `${NOBODY}`, "true"]).status === 0;
/** Without root there is no other user to be, and without mounts no read-only root. */
const it = test.skipIf(!mayMount);

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});
const guard = guardProcesses();

/** A folder with a config that everybody may read, and one for temporary files, sticky as /tmp is. */
function createPlace() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "svc-users-")));
  roots.push(root);
  const [app, temporary] = [join(root, "app"), join(root, "tmp")];
  for (const folder of [app, temporary]) mkdirSync(folder);
  for (const [folder, mode] of [
    [root, 0o755],
    [app, 0o755],
    [temporary, 0o1777],
  ] as const)
    chmodSync(folder, mode);
  const command = ["sh", `${FIXTURES}processes/double-fork.sh`];
  writeFileSync(join(app, "services.json"), JSON.stringify({ services: { web: { command } } }), { mode: 0o644 });
  const [name = "", value = ""] = guard.marker.split("=");
  const env = { PATH: process.env.PATH ?? "", HOME: "/nonexistent", TMPDIR: temporary, [name]: value };
  const run = (writable: string, ...args: readonly string[]) => {
    const words = ["--mount", "sh", `${FIXTURES}death/read-only.sh`, `${NOBODY}`, writable, process.execPath, BIN, ...args];
    const child = spawn("unshare", words, { cwd: app, env, detached: true });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    return { pid: child.pid!, stdout: stdout.text, stderr: stderr.text, ended };
  };
  const start = async (writable: string) => {
    const svc = run(writable, "start");
    const words = (): string => svc.stdout() + svc.stderr();
    await until(() => /web +\| ready/.test(words())).catch(() => expect.fail(words()));
    return svc;
  };
  return { temporary, start, run };
}

/** Runs a command as another user; resolves with its exit code. */
function asStranger(...command: readonly [string, ...string[]]): number | null {
  return spawnSync("setpriv", ["--reuid", `${STRANGER}`, "--regid", `${STRANGER}`, "--clear-groups", ...command]).status;
}

function stateFile(temporary: string): string {
  const parent = join(temporary, `svc-${NOBODY}`, "svc");
  const path = join(parent, readdirSync(parent)[0]!, "state.json");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

const left = (): number[] => processesWith(guard.marker);

describe("as nobody, with a read-only root", () => {
  it("works where a folder for temporary files can be written to, and recognises after kill -9 of it and its keeper what is left", async () => {
    const place = createPlace();
    const first = await place.start(place.temporary);
    await until(() => /^svc \| web started \(pid \d+\)\n$/.test(first.stderr()));
    const main = Number(/pid (\d+)/.exec(first.stderr())?.[1]);
    await until(() => readdirSync(join(place.temporary, `svc-${NOBODY}`, "svc")).length === 1);
    await until(() => left().length === 3, { what: "svc, its service and a daemon" });
    await until(() => stateFile(place.temporary).includes(`"pid":${main},`), { what: "a state file that knows the service" });
    const keeper = childrenOf(first.pid).find((pid) => commandLine(pid).includes("svc-keeper"))!;
    signal(first.pid, "SIGSTOP");
    signal(keeper, "SIGKILL");
    signal(first.pid, "SIGKILL");
    await first.ended;
    const second = await place.start(place.temporary);
    const ended = new RegExp(`^svc \\| ended 2 processes that an earlier svc \\(pid ${first.pid}\\) left behind\n`);
    await until(() => ended.test(second.stderr()));
    expect(await place.run(place.temporary, "stop").ended).toBe(0);
    expect(await second.ended).toBe(0);
    expect(left()).toEqual([]);
  });

  it("works where nothing can be written to, says in one line what is missing, and its services end with it", async () => {
    const place = createPlace();
    const svc = await place.start("");
    await until(() => /^svc \| no folder is writable [^\n]*\nsvc \| web started \(pid \d+\)\n$/.test(svc.stderr()));
    const main = Number(/pid (\d+)/.exec(svc.stderr())?.[1]);
    signal(svc.pid, "SIGKILL");
    await until(() => isGone(main) && left().length === 0, { what: "the end of the service and of its daemon" });
    const next = await place.start("");
    signal(next.pid, "SIGTERM");
    expect(await next.ended).toBe(0);
  });
});

describe("another user", () => {
  it("can neither connect nor read the state", async () => {
    const place = createPlace();
    const svc = await place.start(place.temporary);
    const parent = join(place.temporary, `svc-${NOBODY}`, "svc");
    const folder = join(parent, readdirSync(parent)[0]!);
    const connects = `require("net").connect(${JSON.stringify(join(folder, "control.sock"))}).on("error", () => process.exit(3))`;
    await until(() => ["control.sock", "state.json"].every((name) => existsSync(join(folder, name))));
    expect(asStranger(process.execPath, "-e", connects)).toBe(3);
    expect(asStranger("cat", join(folder, "state.json"))).not.toBe(0);
    // The same, by root, succeeds: so it was not for another reason.
    expect(spawnSync("cat", [join(folder, "state.json")]).status).toBe(0);
    signal(svc.pid, "SIGTERM");
    expect(await svc.ended).toBe(0);
  });

  it("can plant no link that svc follows", async () => {
    const place = createPlace();
    const trap = join(place.temporary, "trap");
    mkdirSync(trap);
    chownSync(trap, STRANGER, STRANGER);
    chmodSync(trap, 0o777);
    expect(asStranger("ln", "-s", trap, join(place.temporary, `svc-${NOBODY}`))).toBe(0);
    const svc = await place.start(place.temporary);
    await until(() => /^svc \| no folder is writable/.test(svc.stderr()));
    expect(readdirSync(trap)).toEqual([]);
    signal(svc.pid, "SIGTERM");
    expect(await svc.ended).toBe(0);
  });
});
