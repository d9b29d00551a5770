import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import * as cgroups from "../helpers/cgroups.ts";
import { follow, type Place, sh, usePlaces } from "../helpers/fleet.ts";
import { isGone, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

/** Supervisors in services that have a cgroup, and machines where none is to be had. */

const lives = new Set<string>();
const below = new Set<string>();
// Hooks run in reverse order: by then no supervisor lives that would start its services again.
afterEach(async () => {
  await cgroups.removeCgroups([...lives]);
  for (const folder of below) await cgroups.removeFolder(folder);
  lives.clear();
  below.clear();
});
const { place, track, env } = usePlaces();
const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const missing = cgroups.missing ?? (isRoot ? null : "this needs root");
const because = missing === null ? "" : ` (skipped: ${missing})`;

function note(pid: number): void {
  track(pid);
  for (const life of cgroups.livesOf([pid])) lives.add(life);
}

/** Starts a service that starts a supervisor with `words`; resolves with the pids of that and of its service. */
async function nested(at: Place, words: string, more: { readonly user?: number; readonly stop?: object }) {
  // Another user is to read the config. Folders that are not its own a supervisor leaves for those that all on this machine share.
  const home = join(at.path, "inner");
  at.write("inner/services.json", { services: { inner: { command: sh("echo $PPID $$ >pids; exec sleep 600"), nice: 5 } } });
  mkdirSync(join(home, "run"));
  for (const folder of [join(at.path, ".."), at.path]) chmodSync(folder, 0o755);
  for (const folder of [home, join(home, "run")]) chownSync(folder, more.user ?? 0, more.user ?? 0);
  const command = sh(
    `XDG_RUNTIME_DIR=${home}/run HOME=${home} "${process.execPath}" "${BIN}" ${words} -c inner/services.json && : >inner/up; exec sleep 600`,
  );
  await at.start({ web: { command, nice: 1, ...more } });
  note((await at.has("web", "running")).pid!);
  // The command that waits for one in the background has it for a child until all is up.
  if (words.includes("-d")) await until(() => at.exists("inner/up"));
  const pids = await until(() => at.read("inner/pids").trim());
  const [supervisor = 0, inner = 0] = pids.split(" ").map(Number);
  note(supervisor);
  note(inner);
  return { supervisor, inner };
}

describe.skipIf(missing !== null)(`a supervisor in a service with a cgroup${because}`, () => {
  test("in the background belongs to no service: it leaves the cgroup before it starts anything", async () => {
    const at = place();
    const { supervisor, inner } = await nested(at, "start -d", {});
    expect(cgroups.pathOf(supervisor)).toBe(cgroups.pathOf("self"));
    expect(cgroups.pathOf(inner)).toMatch(new RegExp(`^${cgroups.pathOf("self")}svc-[0-9a-z]+-inner$`));
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect([supervisor, inner].map(isGone)).toEqual([false, false]);
  });

  test("in the background, of another user, that may not leave it, is moved out of it before the service ends", async () => {
    const at = place();
    const { supervisor, inner } = await nested(at, "start -d", { user: NOBODY });
    signal((await at.row("web")).pid!, "SIGKILL");
    await at.shows("web", (row) => row.restarts === 1);
    expect([supervisor, inner].map(isGone)).toEqual([false, false]);
    expect([supervisor, inner].map(cgroups.pathOf)).toEqual(Array(2).fill(cgroups.pathOf("self")));
  });

  test("in the foreground ends with the service, and so do its own services and their cgroups", async () => {
    const at = place();
    const { supervisor, inner } = await nested(at, "start", { stop: { target: "main", signal: "SIGKILL" } });
    expect(cgroups.pathOf(inner)).toMatch(/\/svc-[0-9a-z]+-web\/svc-[0-9a-z]+-inner$/);
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect([supervisor, inner].map(isGone)).toEqual([true, true]);
    expect(cgroups.foldersOf([...lives])).toEqual([]);
  });
});

/** Runs svc in a cgroup that this test makes below its own, and gives to a user; resolves when its service runs. */
async function startBelow(at: Place, uid: number, name: string) {
  const folder = `${cgroups.own}/${name}`;
  mkdirSync(folder);
  below.add(folder);
  const home = join(at.path, "..");
  for (const path of [folder, `${folder}/cgroup.procs`, home, at.path, at.runtime]) chownSync(path, uid, uid);
  at.write("services.json", { services: { web: { command: sh("(setsid sleep 600 &); echo ready; exec sleep 600"), nice: 1 } } });
  const script = `echo 0 >${folder}/cgroup.procs && exec setpriv --reuid ${uid} --regid ${uid} --clear-groups "${process.execPath}" "${BIN}" start`;
  const svc = follow(spawn("sh", ["-c", script], { cwd: at.path, env: { ...env, HOME: home, XDG_RUNTIME_DIR: at.runtime, TMPDIR: home } }));
  await svc.says(/web +\| ready/);
  const { pid } = await at.has("web", "running");
  note(pid!);
  return { svc, web: pid!, path: `${cgroups.pathOf("self")}${name}` };
}

describe.skipIf(missing !== null)(`where svc's own cgroup is not the outermost${because}`, () => {
  test("root leaves it to its manager", async () => {
    const at = place();
    const { svc, web, path } = await startBelow(at, 0, `svctest.${process.pid}.root`);
    expect([svc.pid, web].map(cgroups.pathOf)).toEqual([path, path]);
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
  });

  test("another user divides one that has been delegated to it", async () => {
    const at = place();
    const { svc, web, path } = await startBelow(at, NOBODY, `svctest.${process.pid}.nobody`);
    expect(cgroups.pathOf(svc.pid)).toBe(path);
    expect(cgroups.pathOf(web)).toMatch(new RegExp(`^${path}/svc-[0-9a-z]+-web$`));
    const folder = `${cgroups.own}${cgroups.pathOf(web)}`;
    await until(() => cgroups.processesIn(folder).length === 2, { what: "the service and its daemon" });
    await at.ask("stop", { names: ["web"] });
    expect([isGone(web), existsSync(folder)]).toEqual([true, false]);
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
  });
});

const canUnshare = isRoot && spawnSync("unshare", ["--mount", "true"]).status === 0;

describe.skipIf(!canUnshare || cgroups.own === null)("where cgroups cannot be written to", () => {
  test("a service with a prelude runs and ends as ever, and svc has no word about it", async () => {
    const at = place();
    at.write("services.json", { services: { web: { command: sh("echo ready; exec sleep 600"), nice: 1 } } });
    const readOnly =
      'for at in $(sed -n "s/^\\([^ ]* \\)\\{4\\}\\([^ ]*\\) .* - cgroup2 .*/\\2/p" /proc/self/mountinfo); do mount -o remount,bind,ro "$at"; done';
    const words = ["--mount", "sh", "-c", `${readOnly}; exec "${process.execPath}" "${BIN}" start`];
    const svc = follow(spawn("unshare", words, { cwd: at.path, env: { ...env, HOME: at.path, XDG_RUNTIME_DIR: at.runtime } }));
    await svc.says(/web +\| ready/);
    const { pid } = await at.has("web", "running");
    expect(cgroups.pathOf(pid!)).toBe(cgroups.pathOf("self"));
    expect(svc.stderr()).toBe(`svc | web started (pid ${pid})\n`);
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expect(isGone(pid!)).toBe(true);
  });
});
