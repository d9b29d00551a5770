import { describe, expect, test } from "vitest";
import { type Place, sh, usePlaces } from "../helpers/fleet.ts";
import { signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

/** A reload, or a restart by command, of a service with several instances. */

const { place } = usePlaces();

/** Notes its version when it starts; is ready then, where the gate is open. */
function worker(version: string, more: object = {}): object {
  const command = sh(`echo ${version}.$SVC_INSTANCE >>starts; exec sleep 600`);
  const exec = sh(`[ "$(cat gate)" = open ] && grep -q "^${version}.$SVC_INSTANCE$" starts`);
  return { command, ready: { exec, interval: "20ms", timeout: "1h" }, instances: 3, ...more };
}

async function startOld(more: object = {}): Promise<Place> {
  const at = place();
  at.write("gate", "open");
  await at.start({ worker: worker("old", more), other: { command: "sleep 600" } });
  for (const name of ["worker.1", "worker.2", "worker.3"]) await at.has(name, "running");
  return at;
}

function change(at: Place, service: object): void {
  at.write("services.json", { services: { worker: service, other: { command: "sleep 600" } } });
}

const laterStarts = (at: Place): string[] => at.lines("starts").slice(3);
const pids = async (at: Place): Promise<(number | null)[]> => (await at.ask("list", {})).services.map(({ pid }) => pid);

describe("svc reload", () => {
  test("restarts the instances of a changed service one at a time, the next when the last is up", async () => {
    const at = await startOld();
    const before = await pids(at);
    at.write("gate", "closed");
    change(at, worker("new"));
    const reload = at.spawn(["reload"]);
    await until(() => laterStarts(at).length === 1);
    await at.has("worker.1", "starting");
    expect((await pids(at)).slice(1)).toEqual(before.slice(1));
    at.write("gate", "open");
    expect(await reload.ended).toMatchObject({ code: 0, stdout: "restarted: worker\n" });
    expect(laterStarts(at)).toEqual(["new.1", "new.2", "new.3"]);
  });

  test("ends with the first of a broken version, and says that the others stay; the next one goes on from there", async () => {
    const at = await startOld();
    const [, ...others] = await pids(at);
    change(at, worker("broken", { command: "false", backoff: { initial: "1h", max: "1h" } }));
    const { code, stderr } = await at.svc("reload");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "svc: worker.1 is not up: exited 1\n  worker.2, worker.3 stay as they were\n" });
    expect((await pids(at)).slice(1)).toEqual(others);
    change(at, worker("mended"));
    expect(await at.svc("reload")).toMatchObject({ code: 0 });
    expect(laterStarts(at)).toEqual(["mended.1", "mended.2", "mended.3"]);
  });

  test("goes on to the last instance when nobody waits any more", async () => {
    const at = await startOld();
    at.write("gate", "closed");
    change(at, worker("new"));
    const reload = at.spawn(["reload"]);
    await until(() => laterStarts(at).length === 1);
    signal(reload.pid, "SIGINT");
    expect(await reload.ended).toMatchObject({ code: 130 });
    at.write("gate", "open");
    await until(() => laterStarts(at).length === 3);
    expect(laterStarts(at)).toEqual(["new.1", "new.2", "new.3"]);
  });

  test("restarts all at once where each gets another port: the first might be given that of the second", async () => {
    const at = await startOld({ portBase: 3000 });
    at.write("gate", "closed");
    change(at, worker("new", { portBase: 3001 }));
    const reload = at.spawn(["reload"]);
    await until(() => laterStarts(at).length === 3);
    expect(laterStarts(at).toSorted()).toEqual(["new.1", "new.2", "new.3"]);
    at.write("gate", "open");
    expect(await reload.ended).toMatchObject({ code: 0 });
  });
});

describe("svc restart", () => {
  test("goes on to the last instance after Ctrl-C, and says so", async () => {
    const at = await startOld();
    at.write("gate", "closed");
    const restart = at.spawn(["restart", "worker"]);
    await until(() => laterStarts(at).length === 1);
    signal(restart.pid, "SIGINT");
    expect(await restart.ended).toEqual({
      code: 130,
      signal: null,
      stdout: "",
      stderr: "svc: no longer waiting; the restart goes on (see svc list)\n",
    });
    at.write("gate", "open");
    await until(() => laterStarts(at).length === 3);
    expect(laterStarts(at)).toEqual(["old.1", "old.2", "old.3"]);
  });

  test("leaves word in svc's own lines where it ends half-way, as nobody may wait for it any more", async () => {
    const at = place();
    at.write("gate", "open");
    const svc = await at.start({ worker: worker("old", { backoff: { initial: "1h", max: "1h" } }) });
    for (const name of ["worker.1", "worker.2", "worker.3"]) await at.has(name, "running");
    at.write("gate", "closed");
    const restart = at.spawn(["restart", "worker"]);
    const { pid } = await at.has("worker.1", "starting");
    // A shell notes its start some time after it.
    await until(() => laterStarts(at).length === 1);
    signal(restart.pid, "SIGINT");
    await restart.ended;
    signal(pid!, "SIGKILL");
    await svc.says(/^svc +\| restart worker: worker\.2, worker\.3 stay as they were$/m);
    expect(laterStarts(at)).toEqual(["old.1"]);
  });
});
