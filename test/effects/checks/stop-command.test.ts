import { expect, test } from "vitest";
import { runStopCommand, type StopCommandRun } from "../../../src/effects/checks/stop-command.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();

async function run(script: string, more: Partial<StopCommandRun> = {}) {
  const lines: string[] = [];
  const command = { argv: ["/bin/sh", "-c", script], text: script, shell: true };
  const onLine = (line: string) => void lines.push(line);
  const ending = await runStopCommand(command, { cwd: "/tmp", env: guard.env, pid: 4711, timeoutMs: 20_000, onLine, ...more });
  return { ending, lines };
}

test("runs in the folder and environment of the service, with the main pid in SVC_PID", async () => {
  const env = { ...guard.env, COLOUR: "green" };
  expect(await run('echo "$PWD $COLOUR $SVC_PID"', { env })).toEqual({ ending: null, lines: ["/tmp green 4711"] });
});

test("hands over the lines of both outputs, the last one too if it does not end", async () => {
  const { lines } = await run("echo out; echo err >&2; printf 'no end'");
  expect(lines.sort()).toEqual(["err", "no end", "out"]);
});

test("does not let a line without an end grow: it comes in pieces, and nothing of it is lost", async () => {
  const { lines } = await run("head -c 300000 /dev/zero | tr '\\0' x");
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join("")).toBe("x".repeat(300_000));
});

test("says how it ended, where that was no success", async () => {
  expect((await run("exit 3")).ending).toBe("exited 3");
  expect((await run("kill -KILL $$")).ending).toBe("was killed by SIGKILL");
});

test("says why it cannot start", async () => {
  const command = { argv: ["no-such-program"], text: "no-such-program", shell: false };
  const more = { cwd: "/", env: guard.env, pid: 1, timeoutMs: 1000, onLine: () => {} };
  expect(await runStopCommand(command, more)).toBe("cannot start: ENOENT no-such-program");
  expect(await runStopCommand({ ...command, argv: ["sh"] }, { ...more, cwd: "/no/folder" })).toBe("cannot start: ENOENT /no/folder");
});

test("is killed at its timeout, with what it started, though both ignore signals", async () => {
  const { ending } = await run("trap '' TERM; sleep 600 & wait", { timeoutMs: 300 });
  expect(ending).toBe("took longer than 300 ms");
  await until(() => guard.left().length === 0);
});

test("is killed at once when it is no longer wanted", async () => {
  const abort = new AbortController();
  const { ending } = await run("echo up; exec sleep 600", { signal: abort.signal, onLine: () => abort.abort() });
  expect(ending).toBe("was cancelled");
  expect((await run("exit 0", { signal: AbortSignal.abort() })).ending).toBe("was cancelled");
  await until(() => guard.left().length === 0);
});

test("leaves nothing of its group behind when it ends", async () => {
  expect((await run("sleep 600 & exit 0")).ending).toBeNull();
  await until(() => guard.left().length === 0);
});

test("does not wait for a daemon that holds its output open", async () => {
  expect((await run("(setsid sleep 600 &); echo done")).lines).toEqual(["done"]);
});
