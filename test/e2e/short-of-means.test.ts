import { spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixture, follow, type Place, type Running, usePlaces } from "../helpers/fleet.ts";
import { until } from "../helpers/until.ts";

/** Full disks, no descriptors, no folders: svc works, or says in one line what it needs. */

const { place, env: base, left } = usePlaces();
const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const mayMount = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

interface Machine {
  readonly at: Place;
  readonly svc: (...args: readonly string[]) => Running;
}

/** svc run by the words of `wrap`, with folders that nobody else uses. */
function machine(wrap: (folders: { readonly run: string; readonly state: string }) => readonly string[]): Machine {
  const at = place();
  const [state, temporary] = [join(at.path, "state"), join(at.path, "tmp")];
  for (const folder of [state, temporary]) mkdirSync(folder, { mode: 0o700 });
  at.write("services.json", { services: { web: { command: "sleep 600" } } });
  const variables = { ...base, HOME: at.path, XDG_RUNTIME_DIR: at.runtime, XDG_STATE_HOME: state, TMPDIR: temporary };
  const [program = "", ...words] = [...wrap({ run: at.runtime, state }), process.execPath, BIN];
  return { at, svc: (...args) => follow(spawn(program, [...words, ...args], { cwd: at.path, env: variables, detached: true })) };
}

/** Each call has disks of its own, so all is done by one. */
const ROUND = `"$@" start & pid=$!
until "$@" list --json 2>/dev/null | grep -q '"running"'; do kill -0 $pid || exit 90; sleep 0.05; done
"$@" stop || exit 91
wait $pid || exit 92
"$@" start -d || exit 93
"$@" list || exit 94
"$@" stop || exit 95
"$@" list; [ $? = 3 ] || exit 96`;

/** Both are killed when the state file has the service. */
const KILLED = `"$@" start & pid=$!
until grep -qs '"name":"web"' "$XDG_RUNTIME_DIR"/svc/*/state.json; do kill -0 $pid || exit 90; sleep 0.05; done
for one in $(cat /proc/$pid/task/$pid/children); do
  if tr '\\0' ' ' </proc/$one/cmdline | grep -q svc-keeper; then keeper=$one; fi
done
kill -STOP $pid
kill -KILL $keeper $pid
"$@" start & pid=$!
until "$@" list --json 2>/dev/null | grep -q '"running"'; do kill -0 $pid || exit 91; sleep 0.05; done
"$@" stop || exit 92`;

describe.skipIf(!mayMount)("start, list, stop and start -d (where disks can be mounted)", () => {
  test("work where the disks of the runtime and the state folder are full: the next place serves for both", async () => {
    const { svc } = machine(({ run, state }) => [
      ...["unshare", "--mount", "sh", fixture("death/full-disk.sh"), run, state, "--"],
      ...["sh", "-c", ROUND, "sh"],
    ]);
    const { code, stderr } = await svc().ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain("ENOSPC");
    await until(() => left().length === 0);
  });

  test("after kill -9 of svc and its keeper, the next start finds what was recorded in the next place", async () => {
    const { svc } = machine(({ state }) => [
      ...["unshare", "--mount", "sh", fixture("death/full-disk.sh"), state, "--"],
      ...["sh", "-c", KILLED, "sh"],
    ]);
    const { code, stderr } = await svc().ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^svc \| ended 1 process that an earlier svc \(pid \d+\) left behind$/m);
    await until(() => left().length === 0);
  });
});

describe("with so few descriptors that svc is only just loaded", () => {
  const limited = (limit: number): Machine => machine(() => ["sh", "-c", `ulimit -n ${limit}; exec "$@"`, "sh"]);

  /** Below this, Node itself does not get as far. */
  async function leastLimit(): Promise<number> {
    for (let limit = 14; limit < 64; limit += 1) if ((await limited(limit).svc("list").ended).code === 3) return limit;
    throw new Error("svc is never loaded");
  }

  test("each command says in one line what it needs, exits 1, and leaves nothing", async () => {
    const limit = await leastLimit();
    for (const args of [["start"], ["start", "-d"], ["check"]]) {
      const { code, stdout, stderr } = await limited(limit).svc(...args).ended;
      expect([args, code, stdout]).toEqual([args, 1, ""]);
      // The command has its word before the one in the background has ended.
      await until(() => left().length === 0, { what: `the end of all that svc ${args.join(" ")} has started` });
      expect(stderr).toMatch(/^svc: cannot [^\n]*EMFILE[^\n]*\n {2}raise the limit on open files [^\n]*\n$/);
    }
  });
});

const mayLeave = process.getuid?.() === 0 && spawnSync("unshare", ["--pid", "--fork", "true"]).status === 0;

describe.skipIf(!mayLeave)("where /proc is of another pid namespace, so that its numbers are those of strangers", () => {
  const AWAY = `"$@" start & pid=$!
until "$@" list --json 2>/dev/null | grep -q '"running"'; do kill -0 $pid || exit 90; sleep 0.05; done
"$@" restart web || exit 91
"$@" doctor | grep -F /proc
"$@" stop || exit 92
wait $pid || exit 93`;

  test("services start, restart and stop all the same", async () => {
    const { svc } = machine(() => ["unshare", "--pid", "--fork", "sh", "-c", AWAY, "sh"]);
    const { code, stdout, stderr } = await svc().ended;
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("cannot")]);
    expect(stdout).toMatch(/\/proc .*of another pid namespace/);
    expect(left()).toEqual([]);
  });
});
