import { join } from "node:path";
import { describe, expect } from "vitest";
import { environment } from "../helpers/processes.ts";
import { type Running, type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const HEARS = new URL("../fixtures/services/hears.pl", import.meta.url).pathname;

/** A service manager that listens, and svc started as by it. */
async function under(stage: Stage, socket: string, before = ""): Promise<{ manager: Running; svc: Running }> {
  const manager = stage.terminal(`exec perl ${HEARS} ${socket}`);
  await manager.says(/ready/);
  return { manager, svc: stage.terminal(`${before} exec $svc start`, { NOTIFY_SOCKET: socket }) };
}

describe.concurrent("under systemd", () => {
  test.for(["path", "abstract"])("svc says READY when all is up and STOPPING when it stops (%s)", async (kind, { stage }) => {
    const socket = kind === "path" ? join(stage.path, "notify") : `@${stage.path}`;
    stage.write("services.json", { services: { web: { command: "sleep 600", ready: { exec: "test -e go" } }, done: { command: "true" } } });
    const { manager, svc } = await under(stage, socket);
    await svc.says(/web started/);
    await svc.says(/done exited 0/);
    expect(manager.stdout()).not.toContain("READY");
    stage.write("go", "");
    await manager.says(/READY=1\r?\n/);
    expect(manager.stdout()).not.toContain("STOPPING");
    svc.process.stdin!.write("\x03");
    await svc.ended;
    await manager.says(/STOPPING=1\r?\n/);
    expect(manager.stdout().match(/READY=1/g)).toHaveLength(1);
  });

  test("a service does not get the socket of svc", async ({ stage }) => {
    stage.write("services.json", { services: { web: { command: "sleep 600" } } });
    const { manager } = await under(stage, join(stage.path, "notify"));
    await manager.says(/READY=1/);
    const { pid } = await stage.shows("web", "running");
    await until(() => environment(pid!).length > 0);
    expect(environment(pid!).filter((pair) => pair.startsWith("NOTIFY_SOCKET="))).toEqual([]);
  });

  test("svc runs where nobody listens to the socket, and where it is none", async ({ stage }) => {
    stage.write("services.json", { services: { web: { command: "true" } } });
    for (const socket of [join(stage.path, "nobody"), "vsock:2:1", "nonsense"]) {
      expect((await stage.terminal("exec $svc start", { NOTIFY_SOCKET: socket }).ended).code).toBe(0);
    }
  });
});
