import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sh, usePlaces } from "../helpers/fleet.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();

const LOG = { dir: "logs", maxSize: "16K", maxFiles: 100, compress: true };

/** Writes 3,000 numbered lines, then waits to be asked for more. */
const WRITER = sh("trap 'seq 3001 3005' USR1; seq 1 3000; while :; do sleep 0.05; done");

function upTo(last: number, first = 1): string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => `web | ${first + at}`);
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.startsWith("web | "));
}

describe("svc logs, with log files", () => {
  test("what no longer is in memory comes from the files: no line twice, none missing", async () => {
    const app = place();
    await app.start({ web: { command: WRITER, log: LOG } });
    await until(async () => (await app.svc("logs", "web", "-n", "1")).stdout === "web | 3000\n");
    expect(linesOf((await app.svc("logs", "web", "-n", "2500")).stdout)).toEqual(upTo(3000, 501));
    expect(linesOf((await app.svc("logs", "--since", "1h")).stdout)).toEqual(upTo(3000));
    expect((await app.svc("logs", "--grep", "^1[0-9]7$")).stdout).toBe(
      upTo(200)
        .filter((line) => /1\d7$/.test(line))
        .map((line) => `${line}\n`)
        .join(""),
    );
    expect(linesOf((await app.svc("logs")).stdout).length).toBeLessThanOrEqual(1000);
    const logs = readdirSync(join(app.path, "logs"));
    expect(logs.length).toBeGreaterThan(5);
  });

  test("a follower sees what was, what is and what will be, each line once", async () => {
    const app = place();
    await app.start({ web: { command: WRITER, log: LOG } });
    await until(async () => (await app.svc("logs", "web", "-n", "1")).stdout === "web | 3000\n");
    const follower = app.spawn(["logs", "web", "-f", "-n", "2000"]);
    await until(() => linesOf(follower.stdout()).length === 2000);
    await app.svc("signal", "web", "USR1");
    await until(() => follower.stdout().endsWith("web | 3005\n"));
    expect(linesOf(follower.stdout())).toEqual(upTo(3005, 1001));
  });

  test("without a supervisor they are read from the files, svc's words among them", async () => {
    const app = place();
    const running = await app.start({ web: { command: WRITER, log: LOG, instances: 1 } });
    await until(async () => (await app.svc("logs", "-n", "1", "--stream", "stdout")).stdout === "web.1 | 3000\n");
    await app.svc("stop");
    await running.ended;
    const { stdout, code } = await app.svc("logs", "web.1", "--since", "1h", "--json");
    const records = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(records.filter(({ stream }) => stream === "stdout").map(({ line }) => Number(line))).toEqual(
      Array.from({ length: 3000 }, (_, at) => at + 1),
    );
    expect(records[0]).toMatchObject({
      service: "web",
      instance: 1,
      stream: "svc",
      line: expect.stringMatching(/^web.1 started \(pid \d+\)$/),
    });
    expect(records.at(-1)).toMatchObject({ stream: "svc", line: "web.1 stopped (killed by SIGTERM)" });
    expect((await app.svc("logs", "web", "-n", "1")).stdout).toBe("svc   | web.1 stopped (killed by SIGTERM)\n");
    expect((await app.svc("logs", "wbe")).code).toBe(4);
    expect((await app.svc("logs", "-f", "-n", "0")).code).toBe(3);
  });

  test("without a supervisor and without files there is nothing to say", async () => {
    const app = place();
    app.write("services.json", { services: { web: { command: "true" } } });
    const { code, stderr } = await app.svc("logs");
    expect([code, stderr]).toEqual([3, expect.stringContaining("no supervisor is running")]);
  });

  test("after SIGUSR1 lines come into a new file", async () => {
    const app = place();
    const running = await app.start({ web: { command: WRITER, log: { file: "web.log" } } });
    await until(() => app.read("web.log").endsWith("| 3000\n"));
    renameSync(join(app.path, "web.log"), join(app.path, "moved.log"));
    running.process.kill("SIGUSR1");
    await until(() => app.exists("web.log"));
    await app.svc("signal", "web", "USR1");
    await until(() => app.read("web.log").endsWith("| 3005\n"));
    expect(app.lines("web.log").length).toBe(5);
    expect(app.read("moved.log").endsWith("| 3000\n")).toBe(true);
  });
});

describe("svc logs of what a terminal would act on", () => {
  test("shows none of it, and finds what somebody reads of it", async () => {
    const app = place();
    await app.start({ web: { command: sh("printf '\\033[31mERROR\\033[0m \\302\\233 \\177\\n'; exec sleep 600") } });
    await app.shows("web", ({ state }) => state === "running");
    await until(async () => (await app.svc("logs", "web", "--grep", "^ERROR ")).stdout === "web | ERROR \\x9b \\x7f\n");
    const { stdout } = await app.svc("logs", "web", "--stream", "stdout", "--json");
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(JSON.parse(stdout)).toMatchObject({ line: "\x1b[31mERROR\x1b[0m \x9b \x7f" });
  });

  test("with a time span that holds nothing is refused", async () => {
    const app = place();
    const { code, stderr } = await app.svc("logs", "--since", "1m", "--until", "2m");
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--since .* is not before --until /)]);
  });
});

describe("svc logs | head", () => {
  test.each([["-f"], ["--since=1h"]])("%s ends without a word when its reader has enough", async (option) => {
    const app = place();
    await app.start({ web: { command: sh("while :; do echo tick; sleep 0.05; done"), log: LOG } });
    await app.shows("web", ({ state }) => state === "running");
    const reader = app.spawn(["logs", "web", option!]);
    reader.process.stdout!.once("data", () => reader.process.stdout!.destroy());
    expect(await reader.ended).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("a reload", () => {
  test("changes where lines go and how they look while the service goes on", async () => {
    const app = place();
    const web = { command: WRITER, log: { file: "one.log" } };
    const running = await app.start({ web });
    await until(() => app.read("one.log").endsWith("| 3000\n"));
    app.write("services.json", { log: { format: "json" }, services: { web: { ...web, log: { file: "two.log" } } } });
    expect(await app.svc("reload")).toMatchObject({ code: 0, stdout: expect.stringContaining("web") });
    await app.svc("signal", "web", "USR1");
    await until(() => app.read("two.log").endsWith("| 3005\n"));
    expect(app.lines("two.log").length).toBe(5);
    await until(() => running.stdout().includes('"line":"3005"'));
    expect((await app.row("web")).restarts).toBe(0);
  });
});

describe("in the background", () => {
  test("everything is kept in the state folder, and read back without a supervisor", async () => {
    const app = place();
    app.write("services.json", { services: { web: { command: sh("echo hello; sleep 600"), ready: { log: "hello" } } } });
    expect(await app.svc("start", "-d")).toMatchObject({ code: 0 });
    expect(await app.svc("stop")).toMatchObject({ code: 0 });
    const { stdout } = await app.svc("logs");
    expect(stdout).toMatch(/^svc \| web started \(pid \d+\)$/m);
    expect(stdout).toMatch(/^web \| hello$/m);
    expect(stdout).toMatch(/^svc \| all services stopped$/m);
    expect((await app.svc("logs", "web", "--stream", "stdout")).stdout).toBe("web | hello\n");
  });

  test("what has a file of its own is kept there too, and shown once: with a supervisor and without", async () => {
    const app = place();
    const api = { command: sh("echo words; exec sleep 600"), log: { file: "all.log" } };
    app.write("services.json", { log: { file: "all.log" }, services: { web: { command: WRITER, log: LOG }, api } });
    expect(await app.svc("start", "-d")).toMatchObject({ code: 0 });
    await until(async () => (await app.svc("logs", "web", "-n", "1")).stdout === "web | 3000\n");
    expect(linesOf((await app.svc("logs", "--since", "1h")).stdout)).toEqual(upTo(3000));
    expect(linesOf((await app.svc("logs", "web", "-n", "2500")).stdout)).toEqual(upTo(3000, 501));
    await app.svc("stop");
    const { stdout } = await app.svc("logs", "--since", "1h");
    expect(linesOf(stdout)).toEqual(upTo(3000));
    const words = stdout.split("\n").filter((line) => /^(api|svc) +\|/.test(line));
    expect(words.filter((line) => words.indexOf(line) !== words.lastIndexOf(line))).toEqual([]);
    expect(words).toEqual(expect.arrayContaining(["api | words", "svc | all services stopped"]));
    const kept = join(app.path, "../.local/state/svc");
    const [folder = ""] = readdirSync(kept);
    expect(readdirSync(join(kept, folder, "logs")).sort()).toEqual(["api.log", "svc.log", "web.log"]);
    for (const name of ["all.log", "logs"]) rmSync(join(app.path, name), { recursive: true });
    // Lines of one moment have an order within a file only.
    const sorted = (text: string): string[] => text.split("\n").sort();
    expect(sorted((await app.svc("logs", "--since", "1h")).stdout)).toEqual(sorted(stdout));
  });
});
