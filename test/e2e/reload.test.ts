import { readdirSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { describe, expect } from "vitest";
import { commandLine, isGone } from "../helpers/processes.ts";
import { type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const sleeper = { command: ["sleep", "600"] };
/** Two thousand lines a second or so. */
const talker = {
  command: ["sh", "-c", "while :; do i=0; while [ $i -lt 200 ]; do echo a line of load; i=$((i+1)); done; sleep 0.1; done"],
  instances: 2,
};
const LOOKS = 10;
const RELOADS = 20;

/** One of two forms: a service comes and goes, one is another program, one has another policy. */
function form(odd: boolean): object {
  const changing = { command: ["sleep", odd ? "601" : "602"] };
  const policy = { ...sleeper, restart: odd ? "always" : "never" };
  return { services: { steady: sleeper, talker, changing, policy, ...(odd && { comes: sleeper }) } };
}

function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** What is the same many times in a row: some descriptors are open for a moment only. */
async function settled(look: () => number): Promise<number> {
  let last = look();
  for (let same = 1; same < LOOKS; ) {
    await after(20);
    const now = look();
    same = now === last ? same + 1 : 1;
    last = now;
  }
  return last;
}

/** Waits until it is as expected; what it is in place of that is the failure's message. */
async function same<T>(look: () => T, expected: T): Promise<void> {
  let last = look();
  await until(() => {
    last = look();
    return JSON.stringify(last) === JSON.stringify(expected);
  }).catch(() => {});
  expect(last).toEqual(expected);
}

function programs(stage: Stage): string[] {
  return stage.left().map(commandLine).sort();
}

/** The config of a supervisor in the background. */
async function supervisorOf(stage: Stage): Promise<{ readonly pid: number }> {
  const { stderr } = await stage.svc("start");
  return { pid: Number(/already running \(pid (\d+)\)/.exec(stderr)![1]) };
}

async function pids(stage: Stage): Promise<Record<string, number | null>> {
  return Object.fromEntries((await stage.list()).map(({ name, pid }) => [name, pid]));
}

describe.concurrent("svc reload", () => {
  test(`${RELOADS} in a row under load leave no process and no descriptor behind, and what is not changed in peace`, async ({ stage }) => {
    stage.write("services.json", form(false));
    const svc = stage.run("start");
    await stage.shows("changing", "running");
    const reload = async (odd: boolean): Promise<void> => {
      stage.write("services.json", form(odd));
      expect(await stage.svc("reload")).toMatchObject({ code: 0 });
    };
    // What is opened at the first time and kept has been opened then.
    for (const odd of [true, false]) await reload(odd);
    const first = await pids(stage);
    expect(Object.keys(first)).toEqual(["steady", "talker.1", "talker.2", "changing", "policy"]);
    const sleeping = (): string[] => programs(stage).filter((program) => program.startsWith("sleep 60"));
    await until(() => sleeping().join() === "sleep 600 ,sleep 600 ,sleep 602 ");
    // The load's own: a shell, its copies, and a sleep that is amid its exec now and then.
    const ofLoad = (program: string): boolean => program === "" || program === "sleep 0.1 " || program.startsWith("sh -c");
    const standing = (): string[] => programs(stage).filter((program) => !ofLoad(program));
    const [before, opened] = [standing(), await settled(() => descriptors(svc.pid))];

    for (let count = 1; count <= RELOADS; count += 1) await reload(count % 2 === 1);
    const last = await pids(stage);
    expect(last).toEqual({ ...first, changing: last.changing });
    const told = (words: string): number => svc.stderr().split(`| ${words}`).length - 1;
    const counts = (): number[] => ["changing started", "comes started", "comes stopped", "steady started"].map(told);
    const expected = [1 + 2 + RELOADS, 1 + RELOADS / 2, 1 + RELOADS / 2, 1];
    await same(counts, expected);
    await same(standing, before);
    await same(() => descriptors(svc.pid), opened);
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 0 });
    expect(stage.left()).toEqual([]);
  });

  test("an edited inline service and an edited file of a module restart, each alone; an edit that is none does not", async ({ stage }) => {
    const service = (text: string): string => `export default async (ctx) => { ctx.log("${text}"); while (await ctx.sleep("1h")); };\n`;
    const config = (text: string): string =>
      `const inline = async (ctx) => { ctx.log("${text}"); while (await ctx.sleep("1h")); };
      export default { services: { inline: { service: inline }, file: { module: "./file.mjs" }, other: { module: "./other.mjs" } } };`;
    for (const name of ["file.mjs", "other.mjs"]) stage.write(name, service("as it was"));
    stage.write("services.mjs", config("as it was"));
    const svc = stage.run("start");
    for (const name of ["inline", "file", "other"]) await svc.says(new RegExp(`^${name} +\\| as it was$`, "m"));
    const first = await pids(stage);

    stage.write("file.mjs", service("another file"));
    const edited = await stage.svc("reload");
    expect(edited).toMatchObject({ code: 0, stdout: expect.stringContaining("restarted: file\n") });
    await svc.says(/^file +\| another file$/m);
    const second = await pids(stage);
    expect(second).toEqual({ ...first, file: second.file });
    expect(second.file).not.toBe(first.file);

    stage.write("services.mjs", config("another function"));
    expect(await stage.svc("reload")).toMatchObject({ code: 0, stdout: expect.stringContaining("restarted: inline\n") });
    await svc.says(/^inline +\| another function$/m);
    const third = await pids(stage);
    expect(third).toEqual({ ...second, inline: third.inline });
    expect(third.inline).not.toBe(second.inline);

    stage.write("services.mjs", `// A remark.\n${config("another function")}`);
    expect(await stage.svc("reload")).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing changed") });
    expect(await pids(stage)).toEqual(third);
  });

  test("what the config prints then, and what is to be warned of, is told to who waits and kept in svc's own log", async ({ stage }) => {
    const config = (words: string, stop: object): string =>
      `console.log("${words}"); console.error("to stderr");
      export default { services: { web: { command: ["sleep", "600"], env: { KEY: "not-to-be-seen" }, secret: ["KEY"], stop: ${JSON.stringify(stop)} } } };`;
    stage.write("services.mjs", config("at the start", {}));
    expect(await stage.svc("start", "-d")).toMatchObject({ code: 0 });
    const told = async (...args: readonly string[]): Promise<string[]> => (await stage.svc(...args)).stderr.split("\n").sort();
    const own = async (): Promise<string[]> => (await stage.svc("logs", "--stream", "svc")).stdout.split("\n");

    stage.write("services.mjs", config("no word of not-to-be-seen", { timeout: "1m" }));
    const warning = expect.stringMatching(/^svc: services.web.stop.timeout is 1 m, /);
    expect(await told("reload")).toEqual(["", "no word of ***", warning, "to stderr"]);
    expect(await told("reload", "--plan")).toEqual(["", "no word of ***", "to stderr"]);
    expect(await own()).toEqual(expect.arrayContaining(["svc | services.mjs: no word of ***", "svc | services.mjs: to stderr"]));
    expect((await own()).filter((line) => line.includes("shutdownTimeout"))).toHaveLength(1);

    stage.write("services.mjs", `${config("just before the end", {})} throw new Error("not today");`);
    expect((await stage.svc("reload")).stderr).toMatch(/^(just before the end\nto stderr|to stderr\njust before the end)\nsvc: cannot use/);
    stage.write("services.mjs", config("nobody waits", {}));
    const { pid } = await supervisorOf(stage);
    process.kill(pid, "SIGHUP");
    await until(async () => (await own()).includes("svc | services.mjs: nobody waits"));
  });

  test("a removed service is stopped with its tree", async ({ stage }) => {
    const tree = { command: ["sh", "-c", "setsid sleep 601 & exec sleep 602"] };
    stage.start({ services: { web: sleeper, tree } });
    const before = await stage.shows("web", "running");
    const its = (): number[] => stage.left().filter((pid) => /^sleep 60[12] $/.test(commandLine(pid)));
    await until(() => its().length === 2);
    const members = its();
    stage.write("services.json", { services: { web: sleeper } });
    expect(await stage.svc("reload")).toMatchObject({ code: 0 });
    await same(() => members.filter((pid) => !isGone(pid)), []);
    expect(await pids(stage)).toEqual({ web: before.pid });
  });

  test.for([
    ["services.json", '{ "services": { "web": '],
    ["services.mjs", "export default { services: { web: "],
    ["services.mjs", 'throw new Error("not today");'],
  ])("a %s that is %j is exit 2, with all pids the same", async ([file, text], { stage }) => {
    const services = { web: sleeper, worker: { ...sleeper, instances: 2 } };
    stage.write(file!, file === "services.json" ? { services } : `export default ${JSON.stringify({ services })};`);
    const svc = stage.run("start");
    for (const name of ["web", "worker.1", "worker.2"]) await stage.shows(name, "running");
    const before = await pids(stage);
    stage.write(file!, text);
    const { code, stderr } = await stage.svc("reload");
    expect([code, stderr.includes(`${stage.path}/${file}`)]).toEqual([2, true]);
    expect(await pids(stage)).toEqual(before);
    expect(isGone(svc.pid)).toBe(false);
  });
});
