import { expect, test } from "vitest";
import { batched } from "../../../src/effects/proc/batch.ts";

/** Runs that end when the test says so. */
function recorder() {
  const runs: { readonly requests: readonly string[]; readonly end: (answer: string) => void; readonly fail: (error: Error) => void }[] =
    [];
  const waiters: (() => void)[] = [];
  const ask = batched<string, string>(
    (requests) =>
      new Promise((end, fail) => {
        runs.push({ requests: [...requests], end, fail });
        waiters.shift()?.();
      }),
  );
  const nextRun = () => new Promise<void>((resolve) => void waiters.push(resolve));
  return { runs, ask, nextRun };
}

test("what is asked for in one moment is answered by one run", async () => {
  const { runs, ask, nextRun } = recorder();
  const started = nextRun();
  const answers = Promise.all(["a", "b", "c"].map(ask));
  await started;
  runs[0]?.end("done");
  expect(await answers).toEqual(["done", "done", "done"]);
  expect(runs.map(({ requests }) => requests)).toEqual([["a", "b", "c"]]);
});

test("what is asked for during a run waits for the next, which begins only after it", async () => {
  const { runs, ask, nextRun } = recorder();
  const first = nextRun();
  const early = ask("a");
  await first;
  const second = nextRun();
  const late = Promise.all([ask("b"), ask("c")]);
  expect(runs).toHaveLength(1);
  runs[0]?.end("one");
  await second;
  runs[1]?.end("two");
  expect([await early, await late]).toEqual(["one", ["two", "two"]]);
  expect(runs[1]?.requests).toEqual(["b", "c"]);
});

test("a run that fails rejects those who asked, and the next one goes on", async () => {
  const { runs, ask, nextRun } = recorder();
  const first = nextRun();
  const failing = ask("a");
  await first;
  runs[0]?.fail(new Error("no descriptors"));
  await expect(failing).rejects.toThrow("no descriptors");
  const second = nextRun();
  const answer = ask("b");
  await second;
  runs[1]?.end("well");
  expect(await answer).toBe("well");
});
