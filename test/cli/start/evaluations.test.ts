import { describe, expect, test } from "vitest";
import { createEvaluations } from "../../../src/cli/start/evaluations.ts";

function createBook() {
  const pids = new Set<number>();
  return {
    pids: () => [...pids],
    add: ({ pid }: { readonly pid: number }) => void pids.add(pid),
    remove: ({ pid }: { readonly pid: number }) => void pids.delete(pid),
  };
}

describe("the keeper knows", () => {
  test("of an evaluation that began before it, until that has ended", () => {
    const [evaluations, keeper] = [createEvaluations(), createBook()];
    const ended = evaluations.onStarted(process.pid);
    evaluations.keepBy(keeper);
    expect(keeper.pids()).toEqual([process.pid]);
    ended();
    expect(keeper.pids()).toEqual([]);
  });

  test("of one that begins later, and of none that ended before", () => {
    const [evaluations, keeper] = [createEvaluations(), createBook()];
    evaluations.onStarted(process.ppid)();
    evaluations.keepBy(keeper);
    const ended = evaluations.onStarted(process.pid);
    expect(keeper.pids()).toEqual([process.pid]);
    ended();
    expect(keeper.pids()).toEqual([]);
  });
});
