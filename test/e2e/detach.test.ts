import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { describe, expect } from "vitest";
import { environment, isGone, seen } from "../helpers/processes.ts";
import { type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;

const web = { command: ["sleep", "600"] };
/** Prints a line, for which a shell needs its time, and is never ready. */
const never = { command: ["sh", "-c", "echo the disk is full; exec sleep 600"], ready: { log: "open", timeout: "4s" } };

async function supervisorOf(stage: Stage): Promise<number> {
  const { code, stderr } = await stage.svc("start");
  expect(code).toBe(1);
  return Number(/already running \(pid (\d+)\)/.exec(stderr)![1]);
}

describe.concurrent("svc start -d", () => {
  test("returns when all are up, with the list; svc stop ends it", async ({ stage }) => {
    stage.write("services.json", { services: { web, job: { command: "true" } } });
    const { code, stdout, stderr } = await stage.svc("start", "-d");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^NAME .*\nweb +running .*\njob +completed /);
    const pid = await supervisorOf(stage);
    expect(await stage.svc("stop")).toMatchObject({ code: 0 });
    await until(() => isGone(pid));
    expect(stage.left()).toEqual([]);
  });

  test("is in a session of its own, in the config's folder, with nothing of its caller's open", async ({ stage }) => {
    stage.write("services.json", { services: { web } });
    const file = openSync(stage.write("held", ""), "r");
    // Descriptors far above the others are the ones that Node would hand on.
    const command = `umask 027; exec 5<&3 200<&3; exec "$0" "$1" start -d --config "$2/services.json"`;
    const child = spawn("bash", ["-c", command, process.execPath, BIN, stage.path], {
      cwd: "/tmp",
      env: { ...stage.env, SVC_TREE_outer: "web" },
      stdio: ["ignore", "ignore", "inherit", file],
    });
    closeSync(file);
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    const pid = await supervisorOf(stage);
    expect(seen(pid)).toMatchObject({ session: pid, pgrp: pid });
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(stage.path);
    expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^Umask:\t0027$/m);
    const fileOf = (fd: number | string): string => linkOf(`/proc/${pid}/fd/${fd}`);
    const open = readdirSync(`/proc/${pid}/fd`).map(fileOf);
    expect([0, 1, 2].map(fileOf)).toEqual(["/dev/null", "/dev/null", "/dev/null"]);
    expect(open.filter((link) => link.includes(stage.path))).toEqual([]);
    expect(environment(pid).filter((variable) => variable.startsWith("SVC_TREE_"))).toEqual([]);
    const [row] = await stage.list();
    expect(environment(row!.pid!).filter((variable) => variable.startsWith("SVC_TREE_"))).toHaveLength(1);
    expect(environment(row!.pid!)).not.toContain("SVC_TREE_outer=web");
  });

  test("tells why one is not up, with its last lines, and goes on by its policy", async ({ stage }) => {
    stage.write("services.json", { services: { web, never } });
    const { code, stdout, stderr } = await stage.svc("start", "--detach");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe("svc: never is not up: not ready in 4 s\n  the disk is full\n");
    await stage.shows("web", "running");
  });

  test("shows what the config prints, to whoever waits, and then holds nothing of theirs; also where it is wrong", async ({ stage }) => {
    const config = (services: object): string =>
      `console.log("a word to stdout"); console.error("and one to stderr"); export default { services: ${JSON.stringify(services)} };`;
    stage.write("services.mjs", config({ web: { comand: "true" } }));
    const wrong = await stage.svc("start", "-d");
    expect(wrong).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/^a word to stdout\nand one to stderr\nsvc: cannot use/),
    });
    stage.write("services.mjs", config({ web }));
    // It has ended when nobody has its outputs any more.
    const { code, stdout, stderr } = await stage.svc("start", "-d");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "a word to stdout\nand one to stderr\n" });
    expect(stdout).toMatch(/^NAME .*\nweb +running /);
    await stage.shows("web", "running");
  });

  test("tells of what the config is warned of, unless asked to be quiet", async ({ stage }) => {
    stage.write("services.json", { services: { web: { ...web, stop: { timeout: "1m" } } } });
    const { stderr: warned } = await stage.svc("check");
    expect(warned).toMatch(/^svc: .*web.*shutdownTimeout.*\n$/);
    expect(await stage.svc("start", "-d")).toMatchObject({ code: 0, stderr: warned });
    expect((await stage.svc("logs")).stdout).toContain(`svc | ${warned.slice("svc: ".length)}`);
    expect(await stage.svc("stop")).toMatchObject({ code: 0 });
    expect(await stage.svc("--quiet", "start", "-d")).toMatchObject({ code: 0, stderr: "" });
  });

  test("with names starts only those, and what they depend on", async ({ stage }) => {
    stage.write("services.json", { services: { db: web, web: { ...web, dependsOn: ["db"] }, never } });
    expect(await stage.svc("start", "-d", "web")).toMatchObject({ code: 0 });
    const states = (await stage.list()).map(({ name, state }) => `${name} ${state}`);
    expect(states).toEqual(["db running", "web running", "never stopped"]);
  });

  test("where one runs, refuses with its pid, or starts the names in it", async ({ stage }) => {
    stage.write("services.json", { services: { web, other: { ...web, autostart: false } } });
    expect(await stage.svc("start", "-d")).toMatchObject({ code: 0 });
    const pid = await supervisorOf(stage);
    const again = await stage.svc("start", "-d");
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining(`already running (pid ${pid})`) });
    expect(await stage.svc("start", "-d", "other")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^other running/) });
  });

  test("a mistake in the config or a name is the command's own error", async ({ stage }) => {
    stage.write("services.json", { services: { web: { comand: "true" } } });
    const { code, stderr } = await stage.svc("start", "-d");
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('services.web.comand: unknown key; did you mean "command"?'),
    });
    stage.write("services.json", { services: { web } });
    expect(await stage.svc("start", "-d", "wep")).toMatchObject({ code: 4, stderr: expect.stringContaining('did you mean "web"') });
    // The command has its word before the one in the background has ended.
    await until(() => stage.left().length === 0, { what: "the end of the supervisor that failed" });
  });

  test("when everything has completed it says so, and has ended", async ({ stage }) => {
    stage.write("services.json", { services: { job: { command: "true" } } });
    const { code } = await stage.svc("start", "-d");
    expect(code).toBe(0);
    await until(() => stage.left().length === 0);
  });

  test("--quiet says nothing of a success", async ({ stage }) => {
    stage.write("services.json", { services: { web } });
    expect(await stage.svc("--quiet", "start", "-d")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  test("outlives the terminal that it was started in", async ({ stage }) => {
    stage.write("services.json", { services: { web } });
    const terminal = stage.terminal("$svc start -d && echo it-is-up in $$; sleep 600");
    await terminal.says(/it-is-up in \d+\r/);
    const shell = Number(/it-is-up in (\d+)/.exec(terminal.stdout())![1]);
    const pid = await supervisorOf(stage);
    terminal.kill("SIGKILL");
    await terminal.ended;
    await until(() => isGone(shell), { what: "the end of the shell by the hangup" });
    expect(isGone(pid)).toBe(false);
    expect(await stage.shows("web", "running")).toMatchObject({ restarts: 0 });
  });

  test("Ctrl-C ends only the wait", async ({ stage }) => {
    stage.write("services.json", { services: { web: { ...web, ready: { log: "open", timeout: "1h" } } } });
    const terminal = stage.terminal("exec $svc start -d");
    await terminal.says(/waiting for web/);
    terminal.process.stdin!.write("\x03");
    expect(await terminal.ended).toMatchObject({ code: 130, stdout: expect.stringContaining("the start goes on in the background") });
    await stage.shows("web", "starting");
  });
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
