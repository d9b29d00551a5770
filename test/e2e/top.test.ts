import { describe, expect } from "vitest";
import { commandLine, isGone, signal } from "../helpers/processes.ts";
import { type Running, type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const web = { command: ["sh", "-c", "echo a line of web; exec sleep 600"] };
const worker = { command: ["sh", "-c", "echo a line of worker; exec sleep 600"] };

/** The other screen is left, the cursor shown, and lines wrap again. */
const RESTORED = /\x1b\[\?7h\x1b\[\?25h\x1b\[\?1049l/;

/** What is shown, what its keys do, and how it leaves: see top-screen.test.ts. */
async function open(stage: Stage): Promise<Running> {
  stage.start({ services: { web, worker } });
  await stage.shows("web", "running");
  await stage.shows("worker", "running");
  const terminal = stage.terminal(`stty rows 24 cols 80; $svc --no-color top; echo "code=$?"; stty -a`);
  await terminal.says(/│ a line of worker/);
  await terminal.says(/> web/);
  return terminal;
}

function topOf(stage: Stage): number {
  return stage.left().find((pid) => /svc\.js --no-color top/.test(commandLine(pid)) && commandLine(pid).startsWith(process.execPath))!;
}

describe.concurrent("svc top", () => {
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
