import { describe, expect } from "vitest";
import { commandLine, isGone, signal } from "../helpers/processes.ts";
import { type Running, type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const web = { command: ["sh", "-c", "echo a line of web; exec sleep 600"] };
const worker = { command: ["sh", "-c", "echo a line of worker; exec sleep 600"] };

/** The other screen is left, the cursor shown, and lines wrap again. */
const RESTORED = /\x1b\[\?7h\x1b\[\?25h\x1b\[\?1049l/;

async function open(stage: Stage, size = "rows 24 cols 80"): Promise<Running> {
  stage.start({ services: { web, worker } });
  await stage.shows("web", "running");
  await stage.shows("worker", "running");
  const terminal = stage.terminal(`stty ${size}; $svc --no-color top; echo "code=$?"; stty -a`);
  await terminal.says(/│ a line of worker/);
  await terminal.says(/> web/);
  return terminal;
}

function type(terminal: Running, keys: string): void {
  terminal.process.stdin!.write(keys);
}

function topOf(stage: Stage): number {
  return stage.left().find((pid) => /svc\.js --no-color top/.test(commandLine(pid)) && commandLine(pid).startsWith(process.execPath))!;
}

describe.concurrent("svc top", () => {
  test("shows all, and its keys do what they say; q leaves the terminal as it was", async ({ stage }) => {
    const terminal = await open(stage);
    await terminal.says(/2 of 2 running/);
    type(terminal, "j");
    await terminal.says(/> worker/);
    const before = await stage.shows("worker", "running");
    type(terminal, "x");
    await stage.shows("worker", "stopped");
    await terminal.says(/stop worker: done/);
    type(terminal, "s");
    await stage.shows("worker", "running");
    await terminal.says(/start worker: done/);
    type(terminal, "r");
    await terminal.says(/restart worker: done/);
    expect((await stage.shows("worker", "running")).pid).not.toBe(before.pid);
    type(terminal, "\r");
    await terminal.says(/log of worker/);
    type(terminal, "/of w");
    await terminal.says(/search: of w_/);
    type(terminal, "\x1b");
    type(terminal, "?");
    await terminal.says(/quit; the services go on/);
    type(terminal, "q");
    await terminal.ended;
    expect(terminal.stdout()).toMatch(RESTORED);
    expect(terminal.stdout()).toContain("code=0");
    expect(terminal.stdout()).toMatch(/ icanon/);
    expect(terminal.stdout()).toMatch(/ echo /);
    await stage.shows("web", "running");
  });

  test("Ctrl-C leaves too, from a large terminal", async ({ stage }) => {
    const terminal = await open(stage, "rows 50 cols 200");
    await terminal.says(/\x1b\[50;1Hs start/);
    type(terminal, "\x03");
    await terminal.ended;
    expect(terminal.stdout()).toMatch(RESTORED);
    expect(terminal.stdout()).toContain("code=0");
    expect(terminal.stdout()).toMatch(/ icanon/);
  });

  test("SIGTERM leaves the terminal as it was; SIGKILL does nothing to the services", async ({ stage }) => {
    const terminal = await open(stage);
    const rows = await stage.list();
    signal(topOf(stage), "SIGTERM");
    await terminal.ended;
    expect(terminal.stdout()).toMatch(RESTORED);
    expect(terminal.stdout()).toContain("code=143");
    const again = stage.terminal("$svc --no-color top");
    await again.says(/> web/);
    const top = topOf(stage);
    signal(top, "SIGKILL");
    await until(() => isGone(top));
    expect((await stage.list()).map(({ pid }) => pid)).toEqual(rows.map(({ pid }) => pid));
  });

  test("ends with the supervisor; needs a terminal and a supervisor", async ({ stage }) => {
    const terminal = await open(stage);
    expect(await stage.svc("stop")).toMatchObject({ code: 0 });
    await terminal.ended;
    expect(terminal.stdout()).toMatch(RESTORED);
    expect(terminal.stdout()).toContain("svc has ended");
    expect(await stage.svc("top")).toMatchObject({ code: 2, stderr: expect.stringContaining("needs a terminal") });
    const alone = await stage.terminal("exec $svc top").ended;
    expect(alone).toMatchObject({ code: 3 });
  });
});
