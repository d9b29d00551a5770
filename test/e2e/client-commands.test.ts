import { describe, expect, test } from "vitest";
import { sh, usePlaces } from "../helpers/fleet.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();

const sleeper = { command: "sleep 600" };
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe("status, health, wait, signal, scale", () => {
  test("status tells the endings, the policy and the dependencies", async () => {
    const at = place();
    const backoff = { initial: "10ms", factor: 100_000, max: "1h" };
    const kept = { limits: { files: 64 }, watch: ["src"], log: { dir: "logs" } };
    await at.start({ db: sleeper, web: { command: sh("exit 3"), dependsOn: ["db"], backoff, ...kept } });
    await at.shows("web", (row) => row.state === "backoff" && row.restarts === 1);
    const [status] = JSON.parse((await at.svc("status", "web", "--json")).stdout);
    expect(Object.keys(status)).toEqual(expect.arrayContaining(Object.keys(await at.row("web"))));
    expect(status.endings.map((one: { reason: string }) => one.reason)).toEqual(["exited 3", "exited 3"]);
    expect(status).toMatchObject({ dependsOn: [{ service: "db", condition: "started", met: true }], restart: "on-failure", cwd: at.path });
    expect(status).toMatchObject({ runsAs: null, limits: { files: 64 }, watch: [`${at.path}/src`], logFiles: [`${at.path}/logs/web.log`] });
    const text = (await at.svc("status", "web")).stdout;
    expect(text).toMatch(/^web: backoff\n/);
    expect(text).toContain(`next start   ${status.nextStartAt}`);
    expect(text).toContain("depends on   db  started  running\n");
    expect((await at.svc("status", "db")).stdout).toContain("needed by    web  started  backoff\n");
  });

  test("health is 0 when all that is wanted is up, else 1 with what is not, also without a supervisor", async () => {
    const at = place();
    await at.start({
      web: sleeper,
      gated: { ...sleeper, ready: { exec: sh("[ -e go ]"), interval: "20ms", timeout: "1h" } },
      manual: { ...sleeper, autostart: false },
    });
    await at.has("gated", "starting");
    const ill = await at.svc("health");
    expect(ill).toMatchObject({ code: 1, stdout: "" });
    expect(ill.stderr).toContain("svc: gated is starting\n");
    at.write("go", "");
    await until(async () => (await at.svc("health")).code === 0);
    expect(await at.svc("stop")).toMatchObject({ code: 0 });
    expect(await at.svc("health")).toMatchObject({ code: 1 });
  });

  test("wait ends when the state is there, when its time is over, and when it cannot come any more", async () => {
    const at = place();
    await at.start({ shot: { command: sh("until [ -e go ]; do sleep 0.02; done") }, other: sleeper });
    await at.has("shot", "running");
    const waiting = at.spawn(["wait", "shot", "--for", "completed", "--timeout", "1m"]);
    const late = await at.svc("wait", "shot", "--for", "completed", "--timeout", "100ms");
    expect(late).toMatchObject({ code: 1, stderr: "svc: not completed in time: shot is running\n" });
    at.write("go", "");
    expect(await waiting.ended).toMatchObject({ code: 0, stdout: "shot completed\n" });
    const never = await at.svc("wait", "shot", "--for", "running");
    expect(never).toMatchObject({ code: 1, stderr: "svc: shot will not be running: it is completed\n" });
    const wrong = await at.svc("wait", "shot", "--for", "runing");
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.stderr).toContain('did you mean "running"?');
  });

  test("wait ends when each of several instances has had the state, and says all of them", async () => {
    const at = place();
    const ready = { exec: sh("[ -e go.$SVC_INSTANCE ]"), interval: "20ms" };
    await at.start({ web: { ...sleeper, instances: 2, ready } });
    at.write("go.1", "");
    await at.has("web.1", "running");
    await at.has("web.2", "starting");
    expect(await at.svc("wait", "web", "--for", "ready", "--timeout", "100ms")).toMatchObject({
      code: 1,
      stderr: "svc: not ready in time: web.1 is running, web.2 is starting\n",
    });
    const waiting = at.spawn(["wait", "web", "--for", "ready"]);
    at.write("go.2", "");
    const { code, stdout } = await waiting.ended;
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^web\.1 running \(pid \d+\)\nweb\.2 running \(pid \d+\)\n$/),
    });
  });

  test("signal reaches the main process alone, and --group all of its group", async () => {
    const at = place();
    const hear = (who: string) => `trap 'echo ${who} >> heard' USR1; : > up.${who}; while :; do sleep 0.02; done`;
    await at.start({ web: { command: sh(`sh -c "${hear("child")}" & ${hear("main")}`) } });
    await until(() => at.exists("up.child") && at.exists("up.main"));
    expect(await at.svc("signal", "web", "usr1")).toMatchObject({ code: 0 });
    await until(() => at.lines("heard").length > 0);
    expect(at.lines("heard")).toEqual(["main"]);
    expect(await at.svc("signal", "--group", "web", "USR1")).toMatchObject({ code: 0 });
    await until(() => at.lines("heard").length === 3);
    expect(at.lines("heard").slice(1).sort()).toEqual(["child", "main"]);
    expect(await at.svc("signal", "web", "NOPE")).toMatchObject({ code: 2 });
  });

  test("scale starts more, and stops the highest numbers first, down to none", async () => {
    const at = place();
    await at.start({ worker: { ...sleeper, instances: 2 }, other: sleeper });
    const first = await at.has("worker.1", "running");
    const workers = async () => (await at.ask("list", {})).services.map(({ name }) => name).filter((name) => name !== "other");
    expect(await at.svc("scale", "worker=3")).toMatchObject({ code: 0 });
    expect(await workers()).toEqual(["worker.1", "worker.2", "worker.3"]);
    expect(await at.svc("scale", "worker=1")).toMatchObject({ code: 0 });
    expect(await workers()).toEqual(["worker.1"]);
    expect((await at.row("worker.1")).pid).toBe(first.pid);
    expect(await at.svc("scale", "worker=0")).toMatchObject({ code: 0 });
    expect(await workers()).toEqual([]);
    expect(await at.svc("scale", "worker=x")).toMatchObject({ code: 2 });
  });
});

describe("restart", () => {
  test("one instance after the other, the next when the last is up", async () => {
    const at = place();
    const command = sh("echo $SVC_INSTANCE >> starts; exec sleep 600");
    const ready = { exec: sh("[ ! -e shut ] || [ -e go.$SVC_INSTANCE ]"), interval: "20ms", timeout: "1h" };
    await at.start({ web: { command, ready, instances: 2 } });
    const before = [await at.has("web.1", "running"), await at.has("web.2", "running")];
    // A shell writes its line some time after it has been started.
    const starts = (count: number) => until(() => at.lines("starts").length === count);
    await starts(2);
    at.write("shut", "");
    const restart = at.spawn(["restart", "web"]);
    await at.shows("web.1", (row) => row.state === "starting");
    expect(await at.row("web.2")).toMatchObject({ state: "running", pid: before[1]?.pid });
    await starts(3);
    at.write("go.1", "");
    await at.shows("web.2", (row) => row.state === "starting");
    expect(await at.row("web.1")).toMatchObject({ state: "running", restarts: 0 });
    await starts(4);
    at.write("go.2", "");
    expect((await restart.ended).code).toBe(0);
    expect(at.lines("starts").slice(2)).toEqual(["1", "2"]);
  });
});

describe("reload", () => {
  test("adds, removes, and restarts only what would be another process; --plan changes nothing", async () => {
    const at = place();
    await at.start({ kept: sleeper, changed: sleeper, tuned: sleeper, removed: sleeper });
    const before = await Promise.all(["kept", "changed", "tuned"].map((name) => at.has(name, "running")));
    at.write("services.json", {
      services: { kept: sleeper, changed: { command: "sleep 700" }, tuned: { ...sleeper, restart: "always" }, added: sleeper },
    });
    const plan = await at.svc("reload", "--plan");
    expect(plan).toMatchObject({ code: 0 });
    expect(plan.stdout).toBe("would add: added\nwould remove: removed\nwould restart: changed\nwould change without a restart: tuned\n");
    expect((await at.ask("list", {})).services.map(({ name }) => name)).toEqual(["kept", "changed", "tuned", "removed"]);
    expect(await at.svc("reload")).toMatchObject({ code: 0 });
    const rows = (await at.ask("list", {})).services;
    expect(rows.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "kept running",
      "changed running",
      "tuned running",
      "added running",
    ]);
    const [kept, changed, tuned] = before.map(({ pid }, index) => pid === rows[index]?.pid);
    expect({ kept, changed, tuned }).toEqual({ kept: true, changed: false, tuned: true });
  });

  test("restarts fewer instances than there were, and waits for none of those that go", async () => {
    const at = place();
    await at.start({ web: { ...sleeper, instances: 3 } });
    for (const name of ["web.1", "web.2", "web.3"]) await at.has(name, "running");
    at.write("services.json", { services: { web: { command: "sleep 700", instances: 1 } } });
    expect(await at.svc("reload")).toMatchObject({ code: 0 });
    const { services } = await at.ask("list", {});
    expect(services.map(({ name, state, command }) => `${name} ${state} ${command}`)).toEqual(["web.1 running sleep 700"]);
  });

  test("a bad file changes nothing, and is exit 2 with its place", async () => {
    const at = place();
    await at.start({ web: sleeper });
    const { pid } = await at.has("web", "running");
    at.write("services.json", { services: { web: { comand: "sleep 1" } } });
    const done = await at.svc("reload");
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("services.web.comand");
    expect(await at.row("web")).toMatchObject({ state: "running", pid });
  });
});

describe("logs", () => {
  const talker = { command: sh("echo out one; echo err two >&2; echo out three; exec sleep 600") };

  test("what was written, by name, stream, pattern and number", async () => {
    const at = place();
    await at.start({ web: talker, other: { command: sh("echo of another; exec sleep 600") } });
    await until(
      async () =>
        (await at.svc("logs", "web", "other")).stdout.split("\n").filter((line) => /one|two|three|another/.test(line)).length === 4,
    );
    const lines = async (...args: string[]) => (await at.svc("logs", ...args)).stdout;
    expect(await lines("web", "--stream", "stdout")).toBe("web   | out one\nweb   | out three\n");
    expect(await lines("web", "--stream", "stderr")).toBe("web   | err two\n");
    expect(await lines("--grep", "t(wo|hree)", "--stream", "stdout")).toBe("web   | out three\n");
    expect(await lines("web", "-n", "1", "--stream", "stdout")).toBe("web   | out three\n");
    expect(await lines("--until", "1h")).toBe("");
    const records = (await lines("web", "--json"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const { pid } = await at.row("web");
    expect(records).toContainEqual({ time: ISO, service: "web", instance: 1, stream: "stdout", pid, line: "out one" });
    expect(records).toContainEqual({ time: ISO, service: "web", instance: 1, stream: "stderr", pid, line: "err two" });
  });

  test("-f goes on with what comes, and ends without an error when its reader has seen enough", async () => {
    const at = place();
    await at.start({ web: { command: sh("while :; do echo tick; sleep 0.02; done") } });
    const reader = at.spawn(["logs", "-f", "web"]);
    await until(
      () =>
        reader
          .stdout()
          .split("\n")
          .filter((line) => line === "web | tick").length > 5,
    );
    reader.process.stdout!.destroy();
    expect(await reader.ended).toMatchObject({ code: 0, stderr: "" });
    expect(await at.row("web")).toMatchObject({ state: "running", restarts: 0 });
  });

  test("-f ends with the supervisor", async () => {
    const at = place();
    await at.start({ web: talker });
    const reader = at.spawn(["logs", "-f", "web"]);
    await until(() => reader.stdout().includes("three"));
    expect(await at.svc("stop")).toMatchObject({ code: 0 });
    expect(await reader.ended).toMatchObject({ code: 0 });
  });
});
