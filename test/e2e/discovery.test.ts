import { mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Place, socketIn, usePlaces } from "../helpers/fleet.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();

const sleeper = { command: "sleep 600" };

describe("which supervisor a command means", () => {
  /** A second config, in a folder and with a supervisor of its own, in the same runtime folder. */
  async function second(at: Place): Promise<string> {
    const folder = join(at.path, "..", "other");
    mkdirSync(folder);
    writeFileSync(join(folder, "services.json"), JSON.stringify({ services: { job: sleeper } }));
    const svc = at.spawn(["start"], { cwd: folder });
    await svc.says("job started");
    return folder;
  }

  test("the only one that is alive, where no config applies", async ({ skip }) => {
    const at = place();
    const bare = dirname(at.write("bare/file", ""));
    const list = () => at.spawn(["list"], { cwd: bare }).ended;
    const before = await list();
    skip(before.code !== 3, "this machine has supervisors of its own");
    expect(before).toMatchObject({ code: 3, stdout: "" });
    await at.start({ web: sleeper });
    const after = await list();
    skip(after.code === 2, "meanwhile this machine has got supervisors of its own");
    expect(after.stdout).toContain("web");
  });

  test("the config here, or the one that is named; where none applies several are listed", async () => {
    const at = place();
    const bare = dirname(at.write("bare/file", ""));
    const listIn = (cwd: string) => at.spawn(["list"], { cwd }).ended;
    const svc = await at.start({ web: sleeper });
    const folder = await second(at);
    expect((await listIn(folder)).stdout).toContain("job");
    expect((await listIn(at.path)).stdout).toContain("web");
    const several = await listIn(bare);
    expect(several).toMatchObject({ code: 2, stdout: "" });
    expect(several.stderr).toContain(`${at.path}/services.json (pid ${svc.pid})`);
    expect(several.stderr).toContain(`${folder}/services.json (pid `);
    expect((await at.spawn(["list", "-c", `${folder}/services.json`], { cwd: bare }).ended).stdout).toContain("job");
    expect((await at.spawn(["list"], { cwd: bare, env: { SVC_CONFIG: `${at.path}/services.json` } }).ended).stdout).toContain("web");
  });

  test("one that still reads its config is named as what it is", async () => {
    const at = place();
    const wait = `const { existsSync } = await import("node:fs"); while (!existsSync("go")) await new Promise((done) => setTimeout(done, 20));`;
    at.write("services.mjs", `console.error("reading");\n${wait}\nexport default { services: { web: ${JSON.stringify(sleeper)} } };\n`);
    const svc = at.spawn(["start"]);
    await svc.says("reading");
    const silent = `svc: the supervisor of ${at.path}/services.mjs (pid ${svc.pid}) does not listen on ${at.runtime}/`;
    // Its config is evaluated while it becomes the supervisor.
    const early = (await until(async () => {
      const done = await at.svc("list");
      return done.stderr.includes("no supervisor is running") ? null : done;
    }))!;
    expect(early).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("it may still be reading its config") });
    expect(early.stderr.startsWith(silent)).toBe(true);
    at.write("go", "");
    await at.answers();
    expect(await at.svc("list")).toMatchObject({ code: 0 });
  });

  test("start NAME asks a supervisor that runs, as the other commands do, where no config applies", async () => {
    const at = place();
    const bare = dirname(at.write("bare/file", ""));
    const start = (socket: string) => at.spawn(["start", "job"], { cwd: bare, env: { SVC_SOCKET: socket } }).ended;
    const without = await start(`${at.runtime}/nobody.sock`);
    expect(without).toMatchObject({ code: 2, stdout: "" });
    expect(without.stderr).toContain(`cannot find a config in ${bare}`);
    await at.start({ web: sleeper, job: { ...sleeper, autostart: false } });
    expect(await start(socketIn(at.runtime))).toMatchObject({ code: 0, stdout: expect.stringMatching(/^job running \(pid \d+\)\n$/) });
    expect(await at.row("job")).toMatchObject({ state: "running" });
  });

  test("a folder with a config of its own never reaches another's supervisor", async () => {
    const at = place();
    await second(at);
    at.write("services.json", { services: { web: sleeper } });
    const done = await at.svc("stop");
    expect(done).toMatchObject({ code: 3 });
    expect(done.stderr).toContain("other/services.json");
  });

  test("list does not read the config", async () => {
    const at = place();
    await at.start({ web: sleeper });
    at.write("services.json", "{ no config at all");
    expect(await at.svc("list")).toMatchObject({ code: 0 });
  });

  test("one that a shell without XDG_RUNTIME_DIR started is found from a shell that has one", async () => {
    const at = place();
    at.write("services.json", { services: { web: sleeper } });
    const svc = at.spawn(["start"], { env: { XDG_RUNTIME_DIR: "" } });
    await svc.says("web started");
    const folder = folderOf(svc.pid);
    try {
      expect(folder.startsWith(at.runtime)).toBe(false);
      const started = await at.svc("start");
      expect(started).toMatchObject({ code: 1 });
      expect(started.stderr).toContain(`already running (pid ${svc.pid})`);
      expect(await at.svc("list", "--json")).toMatchObject({ code: 0 });
      expect(await at.svc("stop")).toMatchObject({ code: 0 });
      await svc.ended;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** The runtime folder of a supervisor, by the lock file that it holds open. */
function folderOf(pid: number): string {
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`));
  return dirname(open.find((path) => path.endsWith("/lock")) ?? "");
}

/** Empty where the descriptor has been closed meanwhile. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}
