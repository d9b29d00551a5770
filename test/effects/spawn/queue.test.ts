import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Child, Spawn, SpawnRequest } from "../../../src/effects/child.ts";
import { createSpawner } from "../../../src/effects/spawn/queue.ts";

const request = (name: string, signal?: AbortSignal): SpawnRequest => ({ argv: [name], cwd: "/", env: {}, signal });

/** Notes what is started; a program called "bad" cannot be. */
function recorder(): { readonly started: string[]; readonly spawn: Spawn } {
  const started: string[] = [];
  const spawn: Spawn = async ({ argv: [name = ""] }) => {
    started.push(name);
    if (name === "bad") {
      throw new Error("cannot start");
    }
    return { pid: started.length } as Child;
  };
  return { started, spawn };
}

test("starts one process a turn of the event loop, in the order asked", async () => {
  const { started, spawn } = recorder();
  const queued = createSpawner(spawn);
  const all = ["a", "b", "c"].map((name) => queued(request(name)));
  expect(started).toEqual([]);
  await turn();
  expect(started).toEqual(["a"]);
  await turn();
  expect(started).toEqual(["a", "b"]);
  expect((await Promise.all(all)).map(({ pid }) => pid)).toEqual([1, 2, 3]);
});

test("a start that fails does not hold up the next", async () => {
  const { spawn } = recorder();
  const queued = createSpawner(spawn);
  const results = await Promise.allSettled([queued(request("bad")), queued(request("good"))]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
});

test("a start that is abandoned while it waits never happens, and does not cost the others their turn", async () => {
  const { started, spawn } = recorder();
  const queued = createSpawner(spawn);
  const abort = new AbortController();
  const first = queued(request("a"));
  const second = queued(request("b", abort.signal));
  const third = queued(request("c"));
  abort.abort(new Error("stopped"));
  await expect(second).rejects.toThrow("stopped");
  await Promise.all([first, third]);
  expect(started).toEqual(["a", "c"]);
});

test("a request that was abandoned before it was made is refused", async () => {
  const { started, spawn } = recorder();
  await expect(createSpawner(spawn)(request("a", AbortSignal.abort(new Error("stopped"))))).rejects.toThrow("stopped");
  await turn();
  expect(started).toEqual([]);
});

test("an abort after the start changes nothing", async () => {
  const { spawn } = recorder();
  const abort = new AbortController();
  const child = await createSpawner(spawn)(request("a", abort.signal));
  abort.abort();
  expect(child.pid).toBe(1);
});
