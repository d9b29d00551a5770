import { describe, expect, test } from "vitest";
import { createEvaluations } from "../../../src/cli/start/evaluations.ts";
import { createFakeClock } from "../../helpers/fake-clock.ts";

const FIRST = { pid: 4711, start: 1, mark: "SVC_TREE_a" };
const LATER = { pid: 4712, start: 2, mark: "SVC_TREE_b" };

function createOverseer() {
  const pids = new Set<number>();
  const keeper = {
    add: ({ pid }: { readonly pid: number }) => void pids.add(pid),
    remove: ({ pid }: { readonly pid: number }) => void pids.delete(pid),
  };
  return { keeper, trees: { clean: async () => [] }, among: () => [], clock: createFakeClock(), pids: () => [...pids] };
}

describe("the keeper knows", () => {
  test("of an evaluation that began before it, until that has ended", () => {
    const [evaluations, overseer] = [createEvaluations(), createOverseer()];
    const ended = evaluations.care.started(FIRST);
    evaluations.careBy(overseer);
    expect(overseer.pids()).toEqual([FIRST.pid]);
    ended();
    expect(overseer.pids()).toEqual([]);
  });

  test("of one that begins later, and of none that ended before", () => {
    const [evaluations, overseer] = [createEvaluations(), createOverseer()];
    evaluations.care.started(FIRST)();
    evaluations.careBy(overseer);
    const ended = evaluations.care.started(LATER);
    expect(overseer.pids()).toEqual([LATER.pid]);
    ended();
    expect(overseer.pids()).toEqual([]);
  });
});

test("the config's own code waits until the keeper knows of its evaluation", async () => {
  const [evaluations, overseer] = [createEvaluations(), createOverseer()];
  evaluations.care.started(FIRST);
  const known = evaluations.care.ready.then(overseer.pids);
  evaluations.careBy(overseer);
  expect(await known).toEqual([FIRST.pid]);
});
