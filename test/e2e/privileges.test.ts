import { chownSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect } from "vitest";
import { environment, isGone } from "../helpers/processes.ts";
import { type Done, does, type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const sleeps = { command: "sleep 600" };

/** Of /proc/PID/status. */
function status(pid: number, name: string): string {
  return new RegExp(`^${name}:\\s*(.*?)\\s*$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
}

function ids(pid: number) {
  return { uid: status(pid, "Uid"), gid: status(pid, "Gid"), groups: status(pid, "Groups"), rights: status(pid, "CapEff") };
}

function limit(pid: number, name: string): string[] {
  const line = readFileSync(`/proc/${pid}/limits`, "utf8")
    .split("\n")
    .find((one) => one.startsWith(name));
  return line?.slice(name.length).trim().split(/\s+/).slice(0, 2) ?? [];
}

function niceness(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[16]);
}

/** The kernel lets svc go on a moment before the program has its name and its environment. */
async function pidOf(stage: Stage, name: string): Promise<number> {
  const pid = (await stage.shows(name, "running")).pid!;
  await until(() => status(pid, "Name") === "sleep" && environment(pid).length > 0);
  return pid;
}

/** A user that is in groups beside its own, as this machine has one; else one that is in none. */
function someUser() {
  const rows = (file: string): string[][] =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(":"));
  const groups = rows("/etc/group");
  const joined = groups.find((group) => group[3])?.[3]?.split(",")[0];
  const [name = "", , uid, gid, , home = ""] = rows("/etc/passwd").find((user) => user[0] === (joined ?? "nobody"))!;
  const own = groups.filter((group) => group[3]?.split(",").includes(name)).map((group) => group[2]!);
  return { name, uid: uid!, gid: gid!, home, groups: [...new Set([gid!, ...own])].sort((a, b) => Number(a) - Number(b)) };
}

describe.runIf(isRoot)("as root", { concurrent: true }, () => {
  test("a service with a user has that user's ids, groups, HOME and USER, and no rights beyond them", async ({ stage }) => {
    const user = someUser();
    stage.start({ services: { web: { ...sleeps, user: user.name } } });
    const pid = await pidOf(stage, "web");
    expect(ids(pid)).toEqual({
      uid: Array(4).fill(user.uid).join("\t"),
      gid: Array(4).fill(user.gid).join("\t"),
      groups: user.groups.join(" "),
      rights: "0000000000000000",
    });
    expect(status(pid, "Name")).toBe("sleep");
    expect(environment(pid)).toEqual(expect.arrayContaining([`HOME=${user.home}`, `USER=${user.name}`, `LOGNAME=${user.name}`]));
  });

  test("the config's own HOME is stronger, a group replaces the user's, and numbers need no entry", async ({ stage }) => {
    stage.start({ services: { web: { ...sleeps, user: 54321, group: 54322, env: { HOME: "/srv" } }, other: { ...sleeps, group: 54323 } } });
    const pid = await pidOf(stage, "web");
    expect(ids(pid)).toMatchObject({ uid: "54321\t54321\t54321\t54321", gid: "54322\t54322\t54322\t54322", groups: "54322" });
    expect(environment(pid)).toContain("HOME=/srv");
    expect(environment(pid).filter((pair) => /^(USER|LOGNAME)=/.test(pair))).toEqual([]);
    expect(ids(await pidOf(stage, "other"))).toMatchObject({ uid: "0\t0\t0\t0", gid: "54323\t54323\t54323\t54323" });
  });

  test("its checks and its stop command run as the user too", async ({ stage }) => {
    chownSync(stage.path, NOBODY, NOBODY);
    chownSync(dirname(stage.path), NOBODY, NOBODY);
    const web = {
      ...sleeps,
      user: NOBODY,
      ready: { exec: "sh -c 'id -u > checked'" },
      stop: { command: "sh -c 'id -u > stopped; kill $SVC_PID'" },
    };
    const svc = stage.start({ services: { web } });
    await svc.says(/web is ready/);
    expect(stage.lines("checked")).toEqual([String(NOBODY)]);
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 0 });
    expect(stage.lines("stopped")).toEqual([String(NOBODY)]);
  });

  test("a program that its user may not run is a start that failed, not a crash loop", async ({ stage }) => {
    stage.write("mine.sh", "#!/bin/sh\nexec sleep 600\n", 0o700);
    expect(await stage.start({ services: { web: { command: "./mine.sh", user: "nobody" } } }).ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/web failed: cannot start: EACCES .*may not be run by nobody/),
    });
  });

  test("a child that left group, session and environment ends with the service of another user", async ({ stage }) => {
    chownSync(stage.path, NOBODY, NOBODY);
    chownSync(dirname(stage.path), NOBODY, NOBODY);
    const svc = stage.start({ services: { web: { command: does("leaves-child", "pid"), user: NOBODY }, sleeps } });
    await svc.ready("web");
    const pid = Number(stage.lines("pid")[0]);
    try {
      await until(() => readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("sleep"));
      expect(await stage.svc("stop", "web")).toMatchObject({ code: 0 });
      expect(isGone(pid)).toBe(true);
    } finally {
      if (!isGone(pid)) process.kill(pid, "SIGKILL");
    }
  });

  test("svc that is not root fails to start a service of another user, and says why", async ({ stage }) => {
    chownSync(stage.path, NOBODY, NOBODY);
    chownSync(dirname(stage.path), NOBODY, NOBODY);
    stage.write("services.json", { services: { web: { ...sleeps, user: "root" }, own: { ...sleeps, user: "nobody" } } });
    const svc = stage.terminal(`exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups $svc start`, {
      XDG_RUNTIME_DIR: "",
      TMPDIR: dirname(stage.path),
    });
    await svc.says(/web failed: cannot start: user root: setpriv: .*not permitted.*svc itself runs as uid 65534/);
    await svc.says(/own started/);
    svc.process.stdin!.write("\x03");
    await svc.ended;
    expect(stage.left()).toEqual([]);
  });
});

describe.concurrent("as anybody", () => {
  test("umask, nice and limits hold for the program, whose process it still is", async ({ stage }) => {
    const web = { ...sleeps, umask: "027", nice: 7, limits: { files: 333, core: "1K" } };
    stage.start({ services: { web } });
    const pid = await pidOf(stage, "web");
    expect({ umask: status(pid, "Umask"), nice: niceness(pid) }).toEqual({ umask: "0027", nice: 7 });
    expect(limit(pid, "Max open files")).toEqual(["333", "333"]);
    expect(limit(pid, "Max core file size")).toEqual(["1024", "1024"]);
    expect(status(pid, "Name")).toBe("sleep");
  });

  test("no argument and no variable is taken for a shell's", async ({ stage }) => {
    const hostile = ["$(touch evil)", "; touch evil", "'\"`touch evil`"];
    const odd = { "a.b": "$(touch evil)", LD_ODD: "; touch evil" };
    const says = "console.log(JSON.stringify([process.argv.slice(1), process.env['a.b'], process.env.LD_ODD]))";
    const web = { command: [process.execPath, "-e", says, "--", ...hostile], limits: { files: 100 }, env: odd };
    const { stdout } = await stage.start({ services: { web } }).ended;
    expect(JSON.parse(stdout.replace(/^web +\| /, ""))).toEqual([hostile, ...Object.values(odd)]);
    expect(stage.lines("evil")).toEqual([]);
  });

  test("a step that fails is a start that failed for good, with the step, the value and the reason", async ({ stage }) => {
    const done: Done = await stage.start({ services: { web: { ...sleeps, limits: { files: 2 ** 50 } } } }).ended;
    expect(done).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/web failed: cannot start: limits.files 1125899906842624: ulimit: /),
    });
    expect(done.stderr).not.toMatch(/web started|restarting/);
  });

  test("a program that does not exist is not found as without a prelude", async ({ stage }) => {
    const { code, stderr } = await stage.start({ services: { web: { command: "nonesuch", nice: 3, essential: true } } }).ended;
    expect({ code, stderr }).toEqual({ code: 127, stderr: expect.stringMatching(/web failed: cannot start: ENOENT nonesuch/) });
  });

  test("what the program itself exits with is not taken for a failed step", async ({ stage }) => {
    const web = { command: ["sh", "-c", "echo oh no >&2; exit 125"], nice: 3, restart: "never", essential: true };
    const { code, stderr } = await stage.start({ services: { web } }).ended;
    expect(code).toBe(125);
    expect(stderr).toMatch(/web +\| oh no/);
    expect(stderr).not.toMatch(/svc: exec|cannot start/);
  });

  test("what a loader or a shell warns of on the way stops nothing, and is shown", async ({ stage }) => {
    const web = { command: ["sh", "-c", "echo err >&2; echo out"], nice: 3, env: { LD_PRELOAD: "/nonesuch.so" } };
    const { code, stdout, stderr } = await stage.start({ services: { web } }).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "web | out\n" });
    expect(stderr).toMatch(/^web \| .*nonesuch\.so/m);
    expect(stderr).toMatch(/^web \| err$/m);
    expect(stderr).not.toContain("svc: exec");
  });

  test("the descriptor of a readiness check is the program's", async ({ stage }) => {
    const web = { command: ["sh", "-c", "echo >&3; exec sleep 600"], nice: 3, umask: "077", limits: { files: 64 }, ready: { fd: 3 } };
    await stage.start({ services: { web } }).says(/web is ready/);
  });

  test("a user or a group that this machine does not have is a problem of the config, and nothing starts", async ({ stage }) => {
    const { code, stderr } = await stage.start({ services: { web: { ...sleeps, user: "nonesuch", group: "nonesuch" }, sleeps } }).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/services\.web\.user: there is no user "nonesuch" in \/etc\/passwd/);
    expect(stderr).toMatch(/services\.web\.group: there is no group "nonesuch" in \/etc\/group/);
    expect(stderr).not.toMatch(/started/);
    expect(await stage.svc("check")).toMatchObject({ code, stdout: "", stderr });
  });

  test("a tree over its memory limit is stopped, which is a crash of kind memory, and started again", async ({ stage }) => {
    const svc = stage.start({
      services: { web: { command: does("holds-memory", 120), limits: { memory: "60M" }, backoff: { initial: "1h", max: "1h" } }, sleeps },
    });
    await svc.says(/stopping web \(over its memory limit\)/);
    const { lastExit, nextStartAt } = await stage.shows("web", "backoff");
    expect(lastExit).toMatchObject({ kind: "memory", reason: "over its memory limit" });
    expect(nextStartAt).not.toBeNull();
  });

  test("a tree below its memory limit is left alone", async ({ stage }) => {
    const svc = stage.start({
      services: {
        web: { command: does("holds-memory", 20), limits: { memory: "1G" } },
        big: { command: does("holds-memory", 120), limits: { memory: "60M" }, restart: "never" },
      },
    });
    await svc.says(/big failed: over its memory limit/);
    expect((await stage.list()).find((row) => row.name === "web")).toMatchObject({ state: "running", restarts: 0 });
  });
});
