import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { discover } from "../../../src/effects/control/discovery.ts";
import { flock } from "../../../src/effects/native/flock.ts";
import { loadNative } from "../../../src/effects/native/native.ts";
import { acquire } from "../../../src/effects/ownership/lock.ts";
import { OWNER_NAME, readOwner } from "../../../src/effects/ownership/owner.ts";
import { existingRuntimeFolders, type Surroundings } from "../../../src/effects/ownership/places.ts";
import { standing } from "../../../src/effects/ownership/standing.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { until } from "../../helpers/until.ts";

const OWNS = new URL("../../fixtures/control/owns.js", import.meta.url).pathname;
const native = loadNative();
const uid = process.getuid?.() ?? -1;
const guard = guardProcesses();
let root: string;
let config: string;
let env: Readonly<Record<string, string>>;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "svc-own-")));
  config = join(root, "services.json");
  writeFileSync(config, "{}");
  mkdirSync(join(root, "run"), { mode: 0o700 });
  env = { ...guard.env, XDG_RUNTIME_DIR: join(root, "run"), TMPDIR: root };
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const around = (more: Readonly<Record<string, string>> = {}): Surroundings => ({ env: { ...env, ...more }, uid });

interface Starter {
  readonly child: ChildProcess;
  readonly verdict: string;
}

/** Starts the fixture and waits for what became of it. */
async function start(more: Readonly<Record<string, string>> = {}, args: readonly string[] = [config]): Promise<Starter> {
  const child = spawn(process.execPath, [OWNS, ...args], { env: { ...env, ...more }, stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  let closed = false;
  child.once("close", () => {
    closed = true;
  });
  await until(() => text.includes("\n") || closed, { what: "won or lost" });
  return { child, verdict: text.trim() };
}

async function kill({ child }: Starter): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

const facts = () => ({ version: "0.0.0", config, socket: null });

describe("of twenty that start at once", () => {
  it("one wins and nineteen name it", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => start()));
    const winners = all.filter(({ verdict }) => verdict === "won");
    expect(winners).toHaveLength(1);
    const lost = all.filter((one) => one !== winners[0]).map(({ verdict }) => verdict);
    expect(lost).toEqual(Array.from({ length: 19 }, () => `lost to ${winners[0]!.child.pid}`));
  });
});

describe("after kill -9", () => {
  it("the next one wins at once, replaces the socket, and the lost name the living one", async () => {
    const first = await start();
    await kill(first);
    const second = await start();
    expect(second.verdict).toBe("won");
    expect((await start()).verdict).toBe(`lost to ${second.child.pid}`);
    const client = await discover({ cwd: root, file: undefined, socket: undefined }, around());
    expect(await client.hello).toMatchObject({ pid: second.child.pid });
    client.close();
  });

  it("no client takes the dead one for alive", async () => {
    const first = await start();
    const [folder] = existingRuntimeFolders(config, around());
    await kill(first);
    const owner = readOwner(folder!, uid);
    expect(owner).toMatchObject({ pid: first.child.pid });
    expect(standing(owner!)).toBe("dead");
    const lost = discover({ cwd: root, file: undefined, socket: undefined }, around());
    await expect(lost).rejects.toMatchObject({ exitCode: 3, message: `no supervisor is running for ${config}` });
  });
});

describe("the lock", () => {
  it("is free again after a release, which leaves nobody's name behind", async () => {
    const first = await start();
    const ended = new Promise((resolve) => first.child.once("exit", resolve));
    first.child.stdin?.end();
    await ended;
    const [folder] = existingRuntimeFolders(config, around());
    expect(readOwner(folder!, uid)).toBeNull();
    expect(readdirSync(folder!)).toEqual(["lock"]);
    expect((await start()).verdict).toBe("won");
  });

  it("is not inherited by what its holder starts", async () => {
    const lock = await acquire(root, facts());
    if ("heldBy" in lock) throw new Error("held");
    const child = spawn("sleep", ["1000"], { env, detached: true, stdio: "ignore" });
    guard.track(child.pid!);
    lock.release();
    const again = await acquire(root, facts());
    expect("heldBy" in again).toBe(false);
    if (!("heldBy" in again)) again.release();
  });

  it("a pid that a dead one left behind is not taken for its holder, even where another process has it now", async () => {
    const lock = await acquire(root, facts());
    if ("heldBy" in lock) throw new Error("held");
    const owner = JSON.parse(readFileSync(join(root, "owner.json"), "utf8"));
    expect(standing({ ...owner, start: owner.start - 1 })).toBe("dead");
    expect(standing({ ...owner, boot: "another" })).toBe("dead");
    expect(standing({ ...owner, pidNamespace: "pid:[1]" })).toBe("elsewhere");
    expect(standing(owner)).toBe("alive");
    lock.release();
  });

  it.skipIf("missing" in native)("is the same, whether the native part or the flock program takes it", async () => {
    if ("missing" in native) return;
    const [one, two] = [openSync(config, "r"), openSync(config, "r")];
    expect(native.lockFile(one)).toBe(true);
    expect(await flock(two)).toBeNull();
    closeSync(one);
    expect(await flock(two)).not.toBeNull();
    const three = openSync(config, "r");
    expect(native.lockFile(three)).toBe(false);
    for (const fd of [two, three]) closeSync(fd);
  });

  it("holds where there is no flock program", async () => {
    const path = join(root, "lock");
    const [one, two] = [openSync(path, "a+"), openSync(path, "a+")];
    const letGo = await flock(one, []);
    expect(letGo).not.toBeNull();
    expect(await flock(two, [])).toBeNull();
    letGo!();
    const next = await until(() => flock(two, []));
    next?.();
    closeSync(one);
    closeSync(two);
  });
});

describe("in two shells that see different places first", () => {
  it("a starter and a client find what runs in any of their places", async () => {
    const common = await start({ XDG_RUNTIME_DIR: "" });
    expect(common.verdict).toBe("won");
    // For root that is in /run, and not in a folder of the test's own.
    const folders = existingRuntimeFolders(config, around({ XDG_RUNTIME_DIR: "" }));
    onTestFinished(() => {
      for (const folder of folders) rmSync(folder, { recursive: true });
    });
    expect((await start()).verdict).toBe(`lost to ${common.child.pid}`);
    const client = await discover({ cwd: root, file: undefined, socket: undefined }, around());
    expect(await client.hello).toMatchObject({ pid: common.child.pid, config });
    client.close();
  });
});

describe("a client finds its supervisor", () => {
  const wanted = (more: object = {}) => ({ cwd: root, file: undefined, socket: undefined, ...more });
  const pidOf = async (more: object = {}, variables: Readonly<Record<string, string>> = {}): Promise<number> => {
    const client = await discover(wanted(more), around(variables));
    const { pid } = await client.hello;
    client.close();
    return pid;
  };

  it("by the config that applies here, wherever the supervisor listens", async () => {
    const { child } = await start({}, [config, join(root, "elsewhere.sock")]);
    expect(await pidOf()).toBe(child.pid);
    expect(await pidOf({ cwd: "/", file: config })).toBe(child.pid);
    expect(await pidOf({ cwd: "/" }, { SVC_CONFIG: config })).toBe(child.pid);
  });

  it("by --socket and SVC_SOCKET, which win over a config", async () => {
    const socket = join(root, "own.sock");
    const { child } = await start({}, [join(root, "other.json"), socket]);
    expect(await pidOf({ socket })).toBe(child.pid);
    expect(await pidOf({}, { SVC_SOCKET: socket })).toBe(child.pid);
    const none = join(root, "none.sock");
    await expect(pidOf({ socket: none })).rejects.toMatchObject({ exitCode: 3, message: `no supervisor is running on ${none}` });
  });

  it("by being the only one where no config applies, and never where one does", async () => {
    const { child } = await start({}, [join(root, "other.json")]);
    await expect(pidOf()).rejects.toMatchObject({ exitCode: 3, hint: expect.stringContaining(`other.json (pid ${child.pid})`) });
    rmSync(config);
    // Other supervisors of this user on this machine would count too.
    const found = await pidOf().catch((error: { readonly message: string }) => error.message);
    expect([child.pid, expect.stringContaining(`other.json (pid ${child.pid})`)]).toContainEqual(found);
  });

  it("not among several: they are listed", async () => {
    const one = await start({}, [join(root, "one.json")]);
    const two = await start({}, [join(root, "two.json")]);
    rmSync(config);
    const lost = pidOf();
    await expect(lost).rejects.toMatchObject({ exitCode: 2, hint: "name its config with -c, or its socket with --socket" });
    await expect(lost).rejects.toThrow(`${join(root, "one.json")} (pid ${one.child.pid})`);
    await expect(lost).rejects.toThrow(`${join(root, "two.json")} (pid ${two.child.pid})`);
  });

  it("not among those of other pid namespaces whose socket nobody answers any more", async () => {
    const [gone, living] = [await start({}, [join(root, "gone.json")]), await start({}, [join(root, "living.json")])];
    for (const name of ["gone.json", "living.json"]) {
      const [folder] = existingRuntimeFolders(join(root, name), around());
      const file = join(folder!, OWNER_NAME);
      writeFileSync(file, JSON.stringify({ ...readOwner(folder!, uid), pidNamespace: "pid:[1]" }));
    }
    await kill(gone);
    const shown = (await pidOf({ cwd: root }).catch((error: { readonly hint: string }) => error.hint)) as string;
    expect(shown).toContain(`living.json (pid ${living.child.pid})`);
    expect(shown).not.toContain("gone.json");
  });

  it("a named config that is not there is a mistake of the command line", async () => {
    await expect(pidOf({ file: "none.json" })).rejects.toMatchObject({ exitCode: 2 });
  });
});
