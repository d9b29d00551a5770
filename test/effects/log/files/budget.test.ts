import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBudget, type Member } from "../../../../src/effects/log/files/budget.ts";
import type { Rotated } from "../../../../src/effects/log/files/folder.ts";
import { useLogFolder } from "../../../helpers/log-folder.ts";

const folder = useLogFolder();
const COUNTED = Promise.resolve();

function rotated(log: string, time: number, bytes: number): Rotated {
  const path = join(folder(), `${log}-20260101T00000${time}.000Z.log`);
  writeFileSync(path, "x".repeat(bytes));
  return { path, time, bytes, compressed: false };
}

function member(log: string, { currentBytes = 0, old = [], shrink = () => {} }: Partial<Member> = {}): Member {
  return { path: join(folder(), `${log}.log`), currentBytes, partialBytes: 0, old, shrink };
}

function left(files: readonly Rotated[]): number[] {
  return files.filter(({ path }) => existsSync(path)).map(({ time }) => time);
}

describe("a budget", () => {
  test("counts what is about to be written, so that two who write at once do not both get the room", async () => {
    const budget = createBudget(1000);
    const [a, b] = [member("a"), member("b")];
    for (const one of [a, b]) budget.join(one, COUNTED);
    const claimed = budget.claim(a, 600);
    expect(await budget.reserve(b, 600)).toBe(false);
    expect(await budget.reserve(b, 400)).toBe(true);
    await claimed;
    budget.settle(a, 100);
    expect(await budget.reserve(b, 500)).toBe(true);
  });

  test("lets nobody write before the files that make room are gone, whoever removes them", async () => {
    const budget = createBudget(1000);
    const old = [rotated("a", 1, 500), rotated("a", 2, 500)];
    const [a, b] = [member("a", { old }), member("b")];
    for (const one of [a, b]) budget.join(one, COUNTED);
    budget.recount();
    const first = budget.claim(a, 300);
    await budget.claim(b, 100);
    expect(left(old)).toEqual([2]);
    await first;
  });

  test("lets nobody write before it is known what earlier lives have left", async () => {
    const budget = createBudget(1000);
    const old = [rotated("b", 1, 900)];
    const [a, b] = [member("a"), member("b")];
    budget.join(a, COUNTED);
    budget.join(
      b,
      new Promise<void>((resolve) => {
        setImmediate(() => {
          b.old = old;
          resolve();
        });
      }),
    );
    await budget.claim(a, 200);
    expect(left(old)).toEqual([]);
  });

  test("counts the files of a log that is left, and forgets them when it comes back", async () => {
    const budget = createBudget(1000);
    const old = [rotated("a", 1, 400), rotated("a", 2, 400)];
    const b = member("b");
    const a = member("a", { old });
    for (const one of [a, b]) budget.join(one, COUNTED);
    budget.leave(a, 3);
    await budget.claim(b, 500);
    expect(left(old)).toEqual([2]);
    budget.join(member("a"), COUNTED);
    await budget.claim(b, 500);
    expect(left(old)).toEqual([2]);
  });

  test("asks for the rotation of what has more than its share, and trims at once when it is lowered", async () => {
    const budget = createBudget(1000);
    const asked: string[] = [];
    const old = [rotated("a", 1, 100), rotated("a", 2, 100)];
    const a = member("a", { currentBytes: 600, old, shrink: () => asked.push("a") });
    budget.join(a, COUNTED);
    await budget.claim(a, 0);
    expect([asked, left(old)]).toEqual([[], [1, 2]]);
    budget.limit(700);
    await budget.claim(a, 0);
    expect([asked, left(old)]).toEqual([[], [2]]);
    budget.join(member("b"), COUNTED);
    await budget.claim(a, 0);
    expect(asked).toContain("a");
  });
});
