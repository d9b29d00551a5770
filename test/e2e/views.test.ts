import { describe, expect } from "vitest";
import type { Row } from "../../src/core/row.ts";
import { test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const sleeper = { command: "sleep 600" };
const gone = { command: ["sh", "-c", "exit 0"], restart: "never" };
const shop = {
  services: {
    db: { ...sleeper, instances: 2 },
    migrate: { ...gone, dependsOn: ["db"] },
    web: { ...sleeper, dependsOn: { migrate: "completed", db: "started" } },
    broken: { command: ["sh", "-c", "exit 3"], restart: "never" },
    worker: { ...sleeper, dependsOn: ["web", "broken"] },
  },
};

describe("svc list --tree", () => {
  test("shows the whole graph, with conditions and states; --json stays the plain array", async ({ stage }) => {
    stage.start(shop);
    await stage.shows("web", "running");
    await stage.shows("worker", "skipped");
    const { code, stdout } = await stage.svc("list", "--tree");
    expect({ code, lines: stdout.trimEnd().split("\n") }).toEqual({
      code: 0,
      lines: [
        "NAME           STATE      NEEDED AS",
        "worker         skipped",
        "├─ web         running    started",
        "│  ├─ migrate  completed  completed",
        "│  │  └─ db    2 running  started",
        "│  └─ db       2 running  started",
        "└─ broken      failed     started (cannot be)",
      ],
    });
    const json: Row[] = JSON.parse((await stage.svc("list", "--tree", "--json")).stdout);
    expect(json.map(({ name }) => name)).toEqual(["db.1", "db.2", "migrate", "web", "broken", "worker"]);
  });
});

describe("svc list --watch", () => {
  test("is refused where it could not redraw", async ({ stage }) => {
    stage.start(shop);
    await stage.shows("web", "running");
    expect(await stage.svc("list", "--watch")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--json") });
  });

  test("with --json: one array a line, at the latest a moment after each change, until svc ends", async ({ stage }) => {
    const svc = stage.start(shop);
    await stage.shows("web", "running");
    const watch = stage.run("list", "--watch", "--json");
    const states = (): string[] =>
      watch
        .stdout()
        .split("\n")
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as Row[]).find(({ name }) => name === "web")!.state);
    await until(() => states().includes("running"));
    expect(await stage.svc("stop", "web")).toMatchObject({ code: 0 });
    await until(() => states().at(-1) === "stopped");
    svc.kill("SIGTERM");
    expect(await watch.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("on a terminal no line of the list wraps; elsewhere it is whole", async ({ stage }) => {
    stage.start({ services: { web: { command: ["no-such-program-anywhere"] }, other: { command: ["sleep", "600"] } } });
    await stage.shows("web", "failed");
    const list = stage.terminal("stty cols 78 rows 30; exec $svc list", { NO_COLOR: "1" });
    expect((await list.ended).stdout).toMatch(/^web .{73}…\r?$/m);
    expect((await stage.svc("list")).stdout).toMatch(/^web .* ENOENT no-such-program-anywhere$/m);
  });

  test("on a terminal: redrawn in place; Ctrl-C is the way to leave, and ends nothing else", async ({ stage }) => {
    const svc = stage.start(shop);
    await stage.shows("web", "running");
    const watch = stage.terminal("stty cols 100 rows 30; exec $svc list --watch", { NO_COLOR: "1" });
    await watch.says(/web +running/);
    expect(await stage.svc("stop", "web")).toMatchObject({ code: 0 });
    await watch.says(/web +stopped/);
    watch.process.stdin!.write("\x03");
    const { code, stdout } = await watch.ended;
    expect(code).toBe(0);
    // Up over the header and six rows.
    expect(stdout).toContain("\x1b[7ANAME");
    expect(svc.process.exitCode).toBeNull();
  });

  test("on a terminal of unknown size: ends with svc, and says so", async ({ stage }) => {
    const svc = stage.start(shop);
    await stage.shows("web", "running");
    const watch = stage.terminal("exec $svc list --tree --watch");
    await watch.says(/web/);
    svc.kill("SIGTERM");
    expect(await watch.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("svc has ended") });
  });
});

test("svc top is refused where the terminal cannot move its cursor", async ({ stage }) => {
  const terminal = stage.terminal("$svc top; echo code=$?", { TERM: "dumb" });
  await terminal.ended;
  expect(terminal.stdout()).toContain("svc: top needs a terminal that can move its cursor, and TERM is dumb\r\n");
  expect(terminal.stdout()).toContain("code=2");
});
