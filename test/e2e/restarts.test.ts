import { expect, test } from "vitest";
import { sh, usePlaces } from "../helpers/fleet.ts";
import { signal } from "../helpers/processes.ts";
import { until } from "../helpers/until.ts";

const { place } = usePlaces();

/** Keeps the supervisor from ending by itself when the service under test has ended. */
const other = { command: "sleep 600" };

test("a death by SIGKILL is no success, and is answered with a restart", async () => {
  const at = place();
  await at.start({ web: { command: "sleep 600", successExitCodes: [0], restart: "on-failure", backoff: { initial: "50ms" } } });
  const first = await at.has("web", "running");
  signal(first.pid!, "SIGKILL");
  const second = await at.shows("web", (row) => row.state === "running" && row.restarts === 1);
  expect(second.pid).not.toBe(first.pid);
  expect(second.lastExit).toMatchObject({ code: null, signal: "SIGKILL", kind: "killed", reason: "killed by SIGKILL" });
});

test("the delay grows from the end of one process to the start of the next, up to its cap", async () => {
  const at = place();
  await at.start({ web: { command: sh("exit 3"), backoff: { initial: "50ms", max: "400ms" } }, other });
  const seen = new Map<number, { startedAt: number; endedAt: number; nextStartAt: number }>();
  // A look may come too late for a short delay; two lives in a row that were both seen tell one gap.
  const pairs = () => [...seen].flatMap(([index, life]) => (seen.has(index + 1) ? [{ index, life, next: seen.get(index + 1)! }] : []));
  await until(async () => {
    const { state, restarts, startedAt, lastExit, nextStartAt } = await at.row("web");
    if (state === "backoff") seen.set(restarts, { startedAt: ms(startedAt), endedAt: ms(lastExit?.at), nextStartAt: ms(nextStartAt) });
    return pairs().length >= 6;
  });
  const late: number[] = [];
  for (const { index, life, next } of pairs()) {
    const delay = Math.min(50 * 2 ** index, 400);
    expect(life.nextStartAt - life.endedAt).toBeGreaterThanOrEqual(delay);
    expect(life.nextStartAt - life.endedAt).toBeLessThanOrEqual(1.1 * delay + 1);
    expect(next.startedAt - life.endedAt).toBeGreaterThanOrEqual(delay);
    late.push(next.startedAt - life.endedAt - 1.1 * delay);
  }
  // A busy machine may hold up one or the other; the best of them says what svc does.
  expect(Math.min(...late)).toBeLessThanOrEqual(5_000);
});

test("maxRestarts: five restarts are made, the sixth is failed", async () => {
  const at = place();
  const maxRestarts = { count: 5, within: "1m" };
  await at.start({ web: { command: sh("echo x >> starts; exit 3"), backoff: { initial: "10ms", max: "10ms" }, maxRestarts }, other });
  expect(await at.has("web", "failed")).toMatchObject({ restarts: 5, pid: null, nextStartAt: null, lastExit: { code: 3 } });
  expect(at.lines("starts")).toHaveLength(6);
});

test("restart: each policy answers each end as it says", async () => {
  const at = place();
  const backoff = { initial: "1h", max: "1h" };
  await at.start({
    always0: { command: sh("exit 0"), restart: "always", backoff },
    always3: { command: sh("exit 3"), restart: "always", backoff },
    onFailure0: { command: sh("exit 0"), restart: "on-failure", backoff },
    onFailure3: { command: sh("exit 3"), restart: "on-failure", backoff },
    onFailure3Fine: { command: sh("exit 3"), restart: "on-failure", successExitCodes: [0, 3], backoff },
    never0: { command: sh("exit 0"), restart: "never" },
    never3: { command: sh("exit 3"), restart: "never" },
    other,
  });
  const wanted = {
    always0: "backoff",
    always3: "backoff",
    onFailure0: "completed",
    onFailure3: "backoff",
    onFailure3Fine: "completed",
    never0: "completed",
    never3: "failed",
    other: "running",
  };
  const states = async () => Object.fromEntries((await at.ask("list", {})).services.map(({ name, state }) => [name, state]));
  await until(async () => {
    expect(await states()).toEqual(wanted);
    return true;
  });
});

test("a program that cannot be run is failed at once, with its reason", async () => {
  const at = place();
  at.write("text", "no program\n", 0o644);
  at.write("bare", "echo without an interpreter line\n", 0o755);
  at.write("lost", "#!/no/such/interpreter\n", 0o755);
  const restart = "always";
  await at.start({
    missing: { command: "no-such-program --flag", restart },
    refused: { command: "./text", restart },
    shapeless: { command: "./bare", restart },
    lost: { command: "./lost", restart },
    other,
  });
  const reason = async (name: string) => {
    const { restarts, lastExit, startedAt, nextStartAt } = await at.has(name, "failed");
    expect({ restarts, startedAt, nextStartAt }).toEqual({ restarts: 0, startedAt: null, nextStartAt: null });
    expect(lastExit).toMatchObject({ code: null, signal: null, kind: "cannot-start" });
    return lastExit?.reason;
  };
  expect(await reason("missing")).toBe("cannot start: ENOENT no-such-program");
  expect(await reason("refused")).toBe("cannot start: EACCES ./text");
  expect(await reason("shapeless")).toBe("cannot start: ENOEXEC ./bare");
  expect(await reason("lost")).toMatch(/^cannot start: ENOENT .*\/no\/such\/interpreter/);
});

test("a named env file that is missing fails that start, and the next start reads it anew", async () => {
  const at = place();
  await at.start({ web: { command: sh('echo "$FROM_FILE" >> seen; exec sleep 600'), envFile: ".env.web" }, other });
  expect((await at.has("web", "failed")).lastExit?.reason).toBe(`cannot start: ENOENT ${at.path}/.env.web`);
  at.write(".env.web", "FROM_FILE=one\n");
  expect(await at.svc("start", "web")).toMatchObject({ code: 0 });
  await until(() => at.lines("seen").length === 1);
  at.write(".env.web", "FROM_FILE=two\n");
  expect(await at.svc("restart", "web")).toMatchObject({ code: 0 });
  await until(() => at.lines("seen").length === 2);
  expect(at.lines("seen")).toEqual(["one", "two"]);
});

test("an automatic restart reads the env files anew and counts in SVC_RESTARTS", async () => {
  const at = place();
  at.write(".env", "STEP=first\n");
  const command = sh(
    'echo "$SVC_SERVICE $SVC_INSTANCE $SVC_RESTARTS $STEP" >> seen.$SVC_INSTANCE; while [ ! -e crash ]; do sleep 0.02; done; exit 1',
  );
  await at.start({
    web: { command, instances: 2, backoff: { initial: "1ms", max: "1ms" }, maxRestarts: { count: 1, within: "1m" } },
    other,
  });
  await until(() => at.lines("seen.1").length === 1 && at.lines("seen.2").length === 1);
  at.write(".env", "STEP=second\n");
  at.write("crash", "");
  await at.has("web.1", "failed");
  await at.has("web.2", "failed");
  expect(at.lines("seen.1")).toEqual(["web 1 0 first", "web 1 1 second"]);
  expect(at.lines("seen.2")).toEqual(["web 2 0 first", "web 2 1 second"]);
});

test("the config is stronger than the real environment, that than the service's file, that than the root's", async () => {
  const at = place();
  const names = ["A", "B", "C", "D", "E"];
  at.write("root.env", names.map((name) => `${name}=root`).join("\n"));
  at.write("web.env", "B=file\nC=file\nD=file\nE=file\n");
  at.write("services.json", {
    envFile: ["root.env"],
    services: { web: { command: sh('echo "$A $B $C $D $(printenv E || echo unset)"'), envFile: "web.env", env: { D: 4, E: null } } },
  });
  const done = await at.spawn(["start"], { env: { C: "real", D: "real", E: "real" } }).ended;
  expect(done).toMatchObject({ code: 0, stdout: "web | root file real 4 unset\n" });
});

test("a start by command ends the backoff at once and zeroes the restarts", async () => {
  const at = place();
  const command = sh("[ -e well ] && exec sleep 600; exit 1");
  await at.start({ web: { command, backoff: { initial: "10ms", factor: 100, max: "1h" } }, other });
  expect((await at.shows("web", (row) => row.state === "backoff" && row.restarts === 2)).nextStartAt).not.toBeNull();
  at.write("well", "");
  expect(await at.svc("start", "web")).toMatchObject({ code: 0 });
  expect(await at.row("web")).toMatchObject({ state: "running", restarts: 0, nextStartAt: null });
  expect(await at.svc("start", "web")).toMatchObject({ code: 0 });
});

test("what a crashed service leaves behind is ended before its restart", async () => {
  const at = place();
  // Each start says which of the earlier starts' processes still live: one in its group, one in a session without a parent.
  const command = sh(`
    for pid in $(cat left 2>/dev/null); do
      case "$(cut -d ' ' -f 3 /proc/$pid/stat 2>/dev/null)" in ''|Z|X) ;; *) echo $pid >> alive ;; esac
    done
    echo x >> starts
    [ -e enough ] && exec sleep 600
    sleep 600 >/dev/null 2>&1 & echo $! >> left
    (setsid sh -c 'echo $$ >> left; exec sleep 600' >/dev/null 2>&1 &)
    until [ "$(wc -l < left)" -eq $(( $(wc -l < starts) * 2 )) ]; do sleep 0.02; done
    [ "$(wc -l < starts)" -ge 3 ] && : > enough
    exit 1
  `);
  await at.start({ web: { command, backoff: { initial: "1ms", max: "1ms" } }, other });
  await until(() => at.lines("starts").length === 4);
  await at.has("web", "running");
  expect(at.lines("left")).toHaveLength(6);
  expect(at.read("alive")).toBe("");
});

test("a port that a leftover of the crash holds is free for the restart", async () => {
  const at = place();
  at.write("server.cjs", SERVER);
  await at.start({ web: { command: "node server.cjs", backoff: { initial: "1ms" } }, other });
  await at.shows("web", (row) => row.restarts === 1 && at.read("said") === "mine\n");
});

/** Its first life leaves a server in a session of its own behind; the second one wants the same port. */
const SERVER = `
  const { spawn } = require("node:child_process");
  const { existsSync, readFileSync, writeFileSync } = require("node:fs");
  const net = require("node:net");
  const isDaemon = process.argv[2] === "daemon";
  const server = net.createServer();
  if (!isDaemon && !existsSync("port")) {
    spawn(process.execPath, [__filename, "daemon"], { detached: true, stdio: "ignore" });
    setInterval(() => existsSync("port") && process.exit(1), 10);
  } else {
    server.listen(isDaemon ? 0 : Number(readFileSync("port", "utf8")), "127.0.0.1", () => {
      if (isDaemon) writeFileSync("port", String(server.address().port));
      else writeFileSync("said", "mine\\n");
    });
  }
`;

function ms(time: string | null | undefined): number {
  return Date.parse(time ?? "");
}
