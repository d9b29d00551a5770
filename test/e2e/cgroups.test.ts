import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { childrenOf } from "../../src/effects/proc/proc.ts";
import * as cgroups from "../helpers/cgroups.ts";
import { fixture, type Place, type Running, sh, usePlaces } from "../helpers/fleet.ts";
import { commandLine, isGone, living, signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

/**
 * What is promised: where svc may make cgroups, whatever comes from a service that has a prelude ends with it, also what no
 * marker, group, session or parent tells of; after SIGKILL of svc it ends at once; and no cgroup is left.
 */

const lives = new Set<string>();
const tags = new Set<string>();
// Hooks run in reverse order: by then no supervisor lives that would start its services again.
afterEach(async () => {
  await cgroups.removeCgroups([...lives]);
  for (const tag of tags) for (const pid of tagged(tag)) signal(pid, "SIGKILL");
  lives.clear();
  tags.clear();
});
const { place, track } = usePlaces();
const isRoot = process.getuid?.() === 0;
const missing = cgroups.missing ?? (isRoot ? null : "this needs root");
const because = missing === null ? "" : ` (skipped: ${missing})`;

const NOBODY = 65534;
const DAEMONS = 10;
/** Each has such a path in its command line, which no cleared environment hides. */
const HELD = "held";

/** A place with a service of another user that leaves behind what nothing tells of. */
function vanishing() {
  const at = place();
  const tag = at.write(HELD, "");
  tags.add(tag);
  for (const folder of [at.path, join(at.path, "..")]) chmodSync(folder, 0o755);
  chmodSync(tag, 0o666);
  const command = ["sh", fixture("processes/vanishes.sh"), tag, String(DAEMONS)];
  return { at, tag, web: { command, user: NOBODY, backoff: { initial: "100ms" } } };
}

function tagged(tag: string): number[] {
  return living().flatMap(({ pid }) => (commandLine(pid).includes(tag) ? [pid] : []));
}

/** Waits until all is there: the daemons, the main process, and a program that re-forks for ever. Returns the service's cgroup. */
async function allThere(at: Place, tag: string): Promise<string> {
  const dots = statSync(tag).size;
  // What re-forks is hardly ever caught in a look where there is one core; its dots tell of it.
  const daemons = (): number => tagged(tag).filter((pid) => commandLine(pid).startsWith("tail ")).length;
  await until(() => daemons() === DAEMONS && statSync(tag).size > dots + 3, { what: "all that the service starts" });
  return note((await at.has("web", "running")).pid!);
}

function note(pid: number): string {
  const [folder] = cgroups.pathOf(pid).split("/").slice(-1);
  for (const life of cgroups.livesOf([pid])) lives.add(life);
  return `${cgroups.own}/${folder}`;
}

/** Three looks, as no single one is sure to catch what changes its pid all the time. */
function expectNothing(tag: string): void {
  const dots = statSync(tag).size;
  for (const _ of [1, 2, 3]) expect(tagged(tag)).toEqual([]);
  expect(statSync(tag).size).toBe(dots);
  expect(cgroups.foldersOf([...lives])).toEqual([]);
}

async function kill9(svc: Running): Promise<void> {
  signal(svc.pid, "SIGKILL");
  await until(() => isGone(svc.pid));
}

function keeperOf(svc: number): number {
  return childrenOf(svc).find((pid) => commandLine(pid).includes("svc-keeper"))!;
}

describe.skipIf(missing !== null)(`what a service of another user leaves without a trace${because}`, () => {
  test("ends with a crash, before the restart, and with a stop", async () => {
    const { at, tag, web } = vanishing();
    await at.start({ web });
    const folder = await allThere(at, tag);
    const before = new Set(tagged(tag));
    const { pid } = await at.row("web");
    signal(pid!, "SIGKILL");
    await at.shows("web", (row) => row.state === "running" && row.restarts === 1);
    await allThere(at, tag);
    expect(tagged(tag).filter((one) => before.has(one))).toEqual([]);
    expect(cgroups.foldersOf([...lives])).toEqual([folder]);
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expectNothing(tag);
  });

  test("ends with svc", async () => {
    const { at, tag, web } = vanishing();
    const svc = await at.start({ web });
    await allThere(at, tag);
    signal(svc.pid, "SIGTERM");
    expect((await svc.ended).code).toBe(0);
    expectNothing(tag);
  });

  test("ends at once when svc is killed, by the keeper alone", async () => {
    const { at, tag, web } = vanishing();
    const svc = await at.start({ web });
    await allThere(at, tag);
    const keeper = keeperOf(svc.pid);
    await kill9(svc);
    await until(() => isGone(keeper), { what: "the end of the keeper" });
    expectNothing(tag);
  });

  test("ends with the next start, when svc and its keeper were killed", async () => {
    const { at, tag, web } = vanishing();
    const svc = await at.start({ web });
    await allThere(at, tag);
    const old = [...lives];
    signal(svc.pid, "SIGSTOP");
    signal(keeperOf(svc.pid), "SIGKILL");
    await kill9(svc);
    const before = new Set(tagged(tag));
    expect(before.size).toBeGreaterThanOrEqual(DAEMONS);
    const next = await at.start({ web });
    await next.says(new RegExp(`ended \\d+ processes that an earlier svc \\(pid ${svc.pid}\\) left behind`));
    await allThere(at, tag);
    expect(tagged(tag).filter((pid) => before.has(pid))).toEqual([]);
    expect(cgroups.foldersOf(old)).toEqual([]);
    signal(next.pid, "SIGTERM");
    expect((await next.ended).code).toBe(0);
    expectNothing(tag);
  });
});

describe.skipIf(missing !== null)(`a service with a prelude${because}`, () => {
  const sleeps = { command: "sleep 600", nice: 1 };

  test("has a cgroup of its own, and one without has not", async () => {
    const at = place();
    await at.start({ web: sleeps, plain: { command: "sleep 600" } });
    const { pid } = await at.has("web", "running");
    const folder = note(pid!);
    expect(folder).toMatch(/\/svc-[0-9a-z]+-web$/);
    expect(cgroups.processesIn(folder)).toEqual([pid]);
    expect(cgroups.pathOf((await at.has("plain", "running")).pid!)).toBe(cgroups.pathOf("self"));
  });

  test("leaves none of the cgroups that it makes itself", async () => {
    const at = place();
    const divides = `below=${cgroups.own}/$(sed -n 's,^0::/.*/*\\(svc-[^/]*\\)$,\\1,p' /proc/self/cgroup)/a/b; mkdir -p "$below"
      (setsid env -i sh -c "echo 0 >$below/cgroup.procs; echo \\$\\$ >below; exec sleep 600" >/dev/null 2>&1 &)
      exec sleep 600`;
    const svc = await at.start({ web: { ...sleeps, command: sh(divides) } });
    const below = await until(() => Number(at.read("below")));
    track(below);
    note((await at.has("web", "running")).pid!);
    expect(cgroups.pathOf(below)).toMatch(/\/svc-[0-9a-z]+-web\/a\/b$/);
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect([isGone(below), cgroups.foldersOf([...lives])]).toEqual([true, []]);
    signal(svc.pid, "SIGTERM");
    await svc.ended;
  });

  test("that may leave daemons behind has none", async () => {
    const at = place();
    await at.start({ web: { ...sleeps, stop: { tree: false } } });
    expect(cgroups.pathOf((await at.has("web", "running")).pid!)).toBe(cgroups.pathOf("self"));
  });

  test("may leave daemons behind from the reload on that allows it", async () => {
    const at = place();
    const command = sh("(setsid env -i sh -c 'echo $$ >daemon; exec sleep 600' >/dev/null 2>&1 &)\nexec sleep 600");
    await at.start({ web: { ...sleeps, command } });
    const daemon = await until(() => Number(at.read("daemon")));
    track(daemon);
    note((await at.has("web", "running")).pid!);
    at.write("services.json", { services: { web: { ...sleeps, command, stop: { tree: false } } } });
    expect(await at.svc("reload")).toMatchObject({ code: 0 });
    expect(cgroups.foldersOf([...lives])).toEqual([]);
    expect(await at.svc("stop", "web")).toMatchObject({ code: 0 });
    expect([isGone(daemon), cgroups.pathOf(daemon)]).toEqual([false, cgroups.pathOf("self")]);
  });

  test("that cannot be started leaves none", async () => {
    const at = place();
    await at.start({ web: sleeps, odd: { command: "sleep 600", limits: { files: 2 ** 50 } }, none: { command: "nonesuch", nice: 1 } });
    note((await at.has("web", "running")).pid!);
    await at.has("odd", "failed");
    await at.has("none", "failed");
    expect(cgroups.foldersOf([...lives])).toHaveLength(1);
  });
});
