import { createConnection } from "node:net";
import { describe, expect, test } from "vitest";
import type { Row } from "../../src/core/row.ts";
import { sh, socketIn, usePlaces } from "../helpers/fleet.ts";

const { place } = usePlaces();

const sleeper = { command: "sleep 600" };

describe("svc list --json", () => {
  test("has exactly the contract's fields, and null where it says so", async () => {
    const at = place();
    await at.start({
      web: { command: "sleep  '600'", ready: { exec: "true", interval: "20ms" } },
      late: { ...sleeper, ready: { exec: "false", interval: "20ms", timeout: "1h" } },
      crashed: { command: sh("exit 3"), backoff: { initial: "1h", max: "1h" } },
      missing: { command: "no-such-program" },
      shot: { command: sh("exit 0") },
      manual: { ...sleeper, autostart: false },
    });
    await at.has("crashed", "backoff");
    await at.has("late", "starting");
    await at.has("missing", "failed");
    await at.has("shot", "completed");
    await at.has("web", "running");
    const done = await at.svc("list", "--json");
    expect(done).toMatchObject({ code: 0, stderr: "" });
    const rows: Row[] = JSON.parse(done.stdout);
    expect(rows.map(({ name }) => name)).toEqual(["web", "late", "crashed", "missing", "shot", "manual"]);
    for (const row of rows) expect(Object.keys(row)).toEqual(FIELDS);
    const [web, late, crashed, missing, shot, manual] = rows;
    const idle = { pid: null, uptimeMs: null, ready: false, healthy: null, cpu: null, memory: null };
    const alive = { pid: expect.any(Number), startedAt: ISO, uptimeMs: expect.any(Number), memory: expect.any(Number), lastExit: null };
    expect(web).toMatchObject({ ...alive, service: "web", instance: 1, state: "running", ready: true, healthy: null, nextStartAt: null });
    expect(web?.command).toBe("sleep  '600'");
    expect(late).toMatchObject({ ...alive, state: "starting", ready: false });
    expect(crashed).toMatchObject({ ...idle, state: "backoff", startedAt: ISO, restarts: 0, nextStartAt: ISO });
    expect(crashed?.lastExit).toEqual({ code: 3, signal: null, kind: "exited", reason: "exited 3", at: ISO });
    expect(missing).toMatchObject({ ...idle, state: "failed", startedAt: null, nextStartAt: null });
    expect(missing?.lastExit).toEqual({
      code: null,
      signal: null,
      kind: "cannot-start",
      reason: "cannot start: ENOENT no-such-program",
      at: ISO,
    });
    expect(shot).toMatchObject({ ...idle, state: "completed", lastExit: { code: 0, kind: "exited", reason: "exited 0" } });
    expect(manual).toMatchObject({ ...idle, state: "stopped", startedAt: null, lastExit: null, restarts: 0 });
  });

  test("cpu is null at first, and then what the tree has used since", async () => {
    const at = place();
    await at.start({ busy: { command: sh("while :; do :; done") }, idle: sleeper });
    expect(await at.row("busy")).toMatchObject({ cpu: null });
    await at.shows("busy", ({ cpu }) => cpu !== null && cpu > 0);
    await at.shows("idle", ({ cpu }) => cpu === 0);
  });

  test("without it, a table with one line for each", async () => {
    const at = place();
    await at.start({ web: sleeper, worker: { ...sleeper, instances: 2 } });
    const { pid } = await at.has("web", "running");
    await at.has("worker.2", "running");
    const [header, ...lines] = (await at.svc("list")).stdout.split("\n");
    expect(header?.split(/ +/)).toEqual(["NAME", "STATE", "PID", "UPTIME", "RESTARTS", "CPU", "MEM", "LAST-EXIT"]);
    expect(lines.map((line) => line.split(/ +/)[0])).toEqual(["web", "worker.1", "worker.2", ""]);
    expect(lines[0]?.split(/ +/).slice(1, 3)).toEqual(["running", String(pid)]);
  });
});

const FIELDS = [
  "name",
  "service",
  "instance",
  "state",
  "pid",
  "startedAt",
  "uptimeMs",
  "restarts",
  "ready",
  "healthy",
  "cpu",
  "memory",
  "lastExit",
  "nextStartAt",
  "command",
];
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe("names", () => {
  test("a name means all its instances, name.N one of them, and name.1 the only one", async () => {
    const at = place();
    await at.start({ web: sleeper, worker: { ...sleeper, instances: 2 } });
    await at.has("worker.2", "running");
    const names = async (name: string) => (await at.ask("status", { name })).rows.map((row) => row.name);
    expect(await names("worker")).toEqual(["worker.1", "worker.2"]);
    expect(await names("worker.2")).toEqual(["worker.2"]);
    expect(await names("web.1")).toEqual(["web"]);
  });

  test("an unknown one is exit 4 with a guess, in every command that takes names", async () => {
    const at = place();
    await at.start({ web: sleeper });
    const commands = [
      ["start", "wbe"],
      ["stop", "wbe"],
      ["restart", "wbe"],
      ["status", "wbe"],
      ["logs", "wbe"],
      ["signal", "wbe", "HUP"],
      ["scale", "wbe=2"],
      ["wait", "wbe"],
    ];
    for (const command of commands) {
      const { code, stdout, stderr } = await at.svc(...command);
      expect({ command, code, stdout, stderr }).toEqual({
        command,
        code: 4,
        stdout: "",
        stderr: 'svc: no such service: "wbe"\n  did you mean "web"?\n',
      });
    }
  });
});

describe("values of environment variables", () => {
  const SECRET = "hunter2-never-shown";

  test("are in nothing that svc prints of a config, and in no reply of its socket", async () => {
    const at = place();
    at.write(".env", `FROM_FILE=${SECRET}-file\n`);
    const web = { ...sleeper, env: { TOKEN: SECRET, NOT_SET: null } };
    at.write("services.json", { services: { web } });
    const check = await at.svc("check", "--print");
    expect(check).toMatchObject({ code: 0 });
    expect(check.stdout).toContain('"TOKEN"');
    const svc = await at.start({ web });
    await at.has("web", "running");
    const replies = await everything(socketIn(at.runtime));
    expect(replies.split("\n").filter((line) => line.includes('"id"'))).toHaveLength(QUESTIONS.length);
    for (const text of [check.stdout, check.stderr, svc.stdout(), svc.stderr(), replies]) expect(text).not.toContain(SECRET);
  });

  const QUESTIONS = [
    { method: "hello", params: {} },
    { method: "list", params: {} },
    { method: "status", params: { name: "web" } },
    { method: "logs", params: { names: [] } },
    { method: "health", params: {} },
    { method: "wait", params: { name: "web", for: "running" } },
    { method: "reload", params: { plan: true } },
    { method: "start", params: { names: ["web"] } },
    { method: "env", params: { name: "web" } },
  ];

  /** All that the socket answers to all of them. */
  function everything(socket: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = "";
      const connection = createConnection(socket).setEncoding("utf8").on("error", reject);
      connection.on("data", (chunk) => {
        text += chunk;
        if (text.split('"id"').length > QUESTIONS.length) connection.end();
      });
      connection.on("close", () => resolve(text));
      for (const [id, question] of QUESTIONS.entries()) connection.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...question })}\n`);
    });
  }
});
