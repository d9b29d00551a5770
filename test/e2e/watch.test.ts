import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { commandLine, isGone, signal } from "../helpers/processes.ts";
import { type Config, type Running, type Stage, test } from "../helpers/svc.ts";
import { changeUntil, until } from "../helpers/until.ts";

const web = { command: ["sleep", "600"], watch: ["src"] };

/** The lines with which svc tells of a restart by a change. */
function restarts(svc: Running): string[] {
  return svc
    .stderr()
    .split("\n")
    .filter((line) => line.includes("changed, re"));
}

async function begin(stage: Stage, config: Config, ...args: readonly string[]): Promise<Running> {
  mkdirSync(join(stage.path, "src"), { recursive: true });
  const svc = stage.start(config, ...args);
  await svc.says(/watching for changes/);
  for (const name of Object.keys(config.services)) await stage.shows(name, "running");
  return svc;
}

/** A file that is there as a whole from its first moment on: one that is made and then written can be seen as two changes. */
function put(stage: Stage, file: string): void {
  const made = stage.write("made", "x");
  renameSync(made, join(stage.path, file));
}

/** A change that is seen comes after all that were made before it: what has made no restart until then makes none. */
async function afterTheLast(stage: Stage, svc: Running, file = "src/last"): Promise<void> {
  put(stage, file);
  await until(() => restarts(svc).some((line) => line.includes("last")), { what: "the restart by the last file" });
}

describe.concurrent("watch", () => {
  test("a change restarts the service, named and not counted; others go on", async ({ stage }) => {
    const svc = await begin(stage, { services: { web, other: { command: ["sleep", "600"] } } });
    const [before, other] = [await stage.shows("web", "running"), await stage.shows("other", "running")];
    stage.write("src/a.ts", "1");
    await svc.says(/svc +\| web: src\/a\.ts changed, restarting/);
    const after = await until(async () =>
      (await stage.list()).find(({ name, pid }) => name === "web" && pid !== null && pid !== before.pid),
    );
    expect(after).toMatchObject({ restarts: 0 });
    expect(await stage.shows("other", "running")).toMatchObject({ pid: other.pid });
  });

  test("200 files in one go are one restart; a new folder is seen; an atomic save is one", async ({ stage }) => {
    const svc = await begin(stage, { services: { web } });
    const began = performance.now();
    for (let index = 0; index < 200; index++) put(stage, `src/f${index}`);
    // A machine that took long for them has given time for another restart.
    const most = 1 + Math.floor((performance.now() - began) / 100);
    const told = (line: string): number => 1 + Number(/and (\d+) more/.exec(line)?.[1] ?? 0);
    await until(() => restarts(svc).reduce((sum, line) => sum + told(line), 0) === 200);
    const count = restarts(svc).length;
    expect(count).toBeLessThanOrEqual(most);
    mkdirSync(join(stage.path, "src/new/er"), { recursive: true });
    put(stage, "src/new/er/in");
    await until(() => restarts(svc).length === count + 1);
    expect(restarts(svc)[count]).toContain("src/new/er/in changed");
    // As editors save: a file beside it takes its place.
    writeFileSync(join(stage.path, "src/f0~"), "y");
    renameSync(join(stage.path, "src/f0~"), join(stage.path, "src/f0"));
    await until(() => restarts(svc).length === count + 2);
    expect(restarts(svc)[count + 1]).toContain("web: src/f0 changed");
    rmSync(join(stage.path, "src/f1"));
    await until(() => restarts(svc).length === count + 3);
    await afterTheLast(stage, svc);
    expect(restarts(svc)).toHaveLength(count + 4);
    expect(restarts(svc).at(-1)).toContain("web: src/last changed,");
  });

  test("what a service logs, dependencies and editors' files make no restart", async ({ stage }) => {
    const log = { file: "src/out.txt", maxSize: "1K" };
    const command = [
      "sh",
      "-c",
      "while :; do echo a line of forty characters or so, to rotate; echo mine >> src/own.log; sleep 0.05; done",
    ];
    const svc = await begin(stage, { services: { web: { ...web, command, log } } });
    await until(() => stage.lines("src/own.log").length > 60);
    for (const folder of ["node_modules", ".git"]) {
      mkdirSync(join(stage.path, "src", folder), { recursive: true });
      appendFileSync(join(stage.path, "src", folder, "x"), "x");
    }
    appendFileSync(join(stage.path, "src/.a.ts.swp"), "x");
    await afterTheLast(stage, svc);
    expect(restarts(svc)).toEqual([expect.stringContaining("web: src/last changed,")]);
  });

  test("all instances go, one after the other, and dependents with restartDependents follow", async ({ stage }) => {
    const many = { command: ["sleep", "600"], watch: "src", instances: 2, restartDependents: true, ready: { exec: "true" } };
    mkdirSync(join(stage.path, "src"), { recursive: true });
    const svc = stage.start({ services: { web: many, user: { command: ["sleep", "600"], dependsOn: ["web"] } } });
    await svc.says(/watching for changes/);
    const before = await until(async () => {
      const rows = await stage.list();
      return rows.every(({ state }) => state === "running") ? rows : null;
    });
    put(stage, "src/a.ts");
    await until(async () => {
      const rows = await stage.list();
      return rows.every(({ state, name, pid }) => state === "running" && before!.find((row) => row.name === name)!.pid !== pid);
    });
    const events = () =>
      svc
        .stderr()
        .split("\n")
        .filter((line) => /web\.\d (stopping|started|is ready)|stopping web\.\d/.test(line))
        .slice(4)
        .map((line) => line.replace(/.*\| /, "").replace(/ \(pid \d+\)/, ""));
    await until(() => events().length >= 6);
    expect(events()).toEqual(["stopping web.1", "web.1 started", "web.1 is ready", "stopping web.2", "web.2 started", "web.2 is ready"]);
  });

  test("tries one that has failed again, and leaves one alone that is stopped", async ({ stage }) => {
    const failing = { command: ["sh", "-c", "test -e src/fixed && exec sleep 600; exit 1"], watch: ["src"], restart: "never" };
    mkdirSync(join(stage.path, "src"));
    const svc = stage.start({ services: { failing, web: { ...web, watch: ["src"] } } });
    await svc.says(/watching for changes/);
    await stage.shows("failing", "failed");
    await stage.shows("web", "running");
    expect(await stage.svc("stop", "web")).toMatchObject({ code: 0 });
    stage.write("src/fixed", "");
    await stage.shows("failing", "running");
    await stage.shows("web", "stopped");
    expect(svc.stderr()).not.toMatch(/web: .*restarting/);
  });

  test("--no-watch watches nothing, and has no watcher", async ({ stage }) => {
    mkdirSync(join(stage.path, "src"));
    stage.start({ services: { web } }, "--no-watch");
    await stage.shows("web", "running");
    expect(stage.left().filter((pid) => commandLine(pid).includes("watch.cjs"))).toEqual([]);
  });

  test("--watch-config reloads, also after editors' way to save; a bad config changes nothing", async ({ stage }) => {
    const svc = stage.start({ services: { web: { command: ["sleep", "600"] } } }, "--watch-config");
    await svc.says(/watching for changes/);
    const save = (config: string): void => {
      renameSync(stage.write("saved~", config), join(stage.path, "services.json"));
    };
    save(JSON.stringify({ services: { web: { command: ["sleep", "600"] }, more: { command: ["sleep", "600"] } } }));
    await svc.says(/services\.json changed, reloading/);
    await stage.shows("more", "running");
    save("{");
    await svc.says(/reload: cannot use the config/);
    await stage.shows("more", "running");
    save(JSON.stringify({ services: { web: { command: ["sleep", "600"] } } }));
    await svc.says(/reloaded: removed more/);
  });

  test("a reload changes what is watched", async ({ stage }) => {
    const svc = await begin(stage, { services: { web } });
    mkdirSync(join(stage.path, "lib"));
    stage.write("services.json", { services: { web: { ...web, watch: ["lib"] } } });
    expect(await stage.svc("reload")).toMatchObject({ code: 0 });
    await until(() => svc.stderr().match(/watching for changes/g)?.length === 2);
    stage.write("src/a.ts", "1");
    await afterTheLast(stage, svc, "lib/last");
    expect(restarts(svc)).toEqual([expect.stringContaining("web: lib/last changed,")]);
  });

  test("the watcher is started again when it is killed, and ends with svc, however that ends", async ({ stage }) => {
    const svc = await begin(stage, { services: { web } });
    const watchers = (): number[] => stage.left().filter((pid) => commandLine(pid).includes("watch.cjs"));
    await until(() => watchers().length === 1);
    const [first] = watchers();
    signal(first!, "SIGKILL");
    await svc.says(/the watcher has ended \(SIGKILL\); starting it again/);
    await until(() => svc.stderr().match(/watching for changes/g)?.length === 2);
    const [second] = watchers();
    stage.write("src/a.ts", "1");
    await svc.says(/src\/a\.ts changed/);
    svc.kill("SIGKILL");
    await until(() => isGone(second!));
  });

  test("a folder that does not exist is said, and seen when it comes", async ({ stage }) => {
    const svc = stage.start({ services: { web: { ...web, watch: ["later"] } } });
    await svc.says(/web: cannot find later to watch it/);
    await svc.says(/watching for changes/);
    mkdirSync(join(stage.path, "later"));
    await changeUntil(
      () => stage.write("later/a", `${performance.now()}`),
      () => svc.stderr().includes("web: later/a changed"),
    );
  });
});

test("at the kernel's limit one line says the cure, and the services run on", async ({ stage, skip }) => {
  // A user namespace has a limit of its own, which counts besides the machine's: user_namespaces(7).
  const limited = `echo 3 > /proc/sys/user/max_inotify_watches 2>/dev/null || { echo cannot-limit; exit; }; exec $svc start`;
  for (const name of ["a", "b", "c", "d", "e", "f"]) mkdirSync(join(stage.path, "src", name), { recursive: true });
  stage.write("services.json", { services: { web } });
  const svc = stage.terminal(`unshare --user --map-root-user sh -c '${limited}' || echo cannot-limit`);
  await svc.says(/cannot-limit|limit on watches is reached/);
  if (svc.stdout().includes("cannot-limit")) return skip("no user namespaces here");
  expect(svc.stdout().match(/limit on watches is reached/g)).toHaveLength(1);
  expect(svc.stdout()).toContain("sysctl fs.inotify.max_user_watches=");
  await stage.shows("web", "running");
});
