import { expect, test } from "vitest";
import type { FileLine } from "../../../src/core/log/file-line.ts";
import { eachOnce, type Sourced } from "../../../src/core/log/once.ts";

const stamp = (second: number): string => `2026-11-24T12:00:0${second}.000Z`;

function lineOf(second: number, line: string, name = "web"): FileLine {
  const origin = { service: name, instance: 1 };
  return { time: stamp(second), name, origin, stream: "stdout", pid: 1, continued: false, line };
}

/** `1a` is the line `a` of second 1, a service before it as in `db 1a`. */
function from(source: number, ...lines: readonly string[]): Sourced[] {
  return lines.map((text) => {
    const [, name = "web", second, line = ""] = /^(?:(\w+) )?(\d)(.*)$/.exec(text)!;
    return { source, time: stamp(Number(second)), line: lineOf(Number(second), line, name) };
  });
}

async function all(...batches: readonly (readonly Sourced[])[]): Promise<string> {
  const lines: FileLine[] = [];
  async function* given() {
    yield* batches;
  }
  for await (const some of eachOnce(given())) lines.push(...some);
  return lines.map(({ line }) => line).join(" ");
}

test("lines of one log come as they are, also those that are the same", async () => {
  expect(await all(from(0, "1a", "1a", "2b"), from(0, "2b"))).toBe("a a b b");
});

test("what stands in two logs comes once, as often as it was written", async () => {
  expect(await all(from(0, "1a", "1a"), from(1, "1a", "1a"), from(0, "2b"), from(1, "2b"))).toBe("a a b");
});

test("the log that has most of a moment says the order", async () => {
  expect(await all(from(0, "1c"), from(1, "1a", "1b", "1c"))).toBe("a b c");
  expect(await all(from(0, "1a", "1b", "1c"), from(1, "1a"))).toBe("a b c");
});

test("what only one of them has is not missed", async () => {
  expect(await all(from(0, "1a", "2b"), from(1, "2b", "3c"))).toBe("a b c");
});

test("the same words of two services, or at two times, are two lines", async () => {
  expect(await all(from(0, "1a", "db 1a"), from(1, "1a"), from(2, "db 1a"), from(0, "2a"))).toBe("a a a");
});
