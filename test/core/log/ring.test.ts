import { describe, expect, test } from "vitest";
import { createRing, RING_BYTES, RING_LINE_BYTES, type Ring } from "../../../src/core/log/ring.ts";
import { linesOf } from "../../../src/core/log/splitter.ts";

const origin = { service: "web", instance: 1 };

function push(ring: Ring, text: string, time = 0): void {
  ring.push({ time, stream: "stdout", pid: 7, lines: linesOf(text) });
}

function lines(ring: Ring, count = Number.POSITIVE_INFINITY): string[] {
  return ring.last(count, origin).map(({ line }) => line);
}

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => `line ${from + at}`);
}

describe("keeps", () => {
  test("what came, with when and from where", () => {
    const ring = createRing();
    push(ring, "a\nb", Date.UTC(2026, 0, 1));
    const facts = { time: "2026-01-01T00:00:00.000Z", service: "web", instance: 1, stream: "stdout", pid: 7 };
    expect(ring.last(10, origin)).toEqual([
      { ...facts, line: "a" },
      { ...facts, line: "b" },
    ]);
  });

  test("the last n, oldest first", () => {
    const ring = createRing();
    push(ring, "a\nb");
    push(ring, "c");
    expect(lines(ring, 2)).toEqual(["b", "c"]);
    expect(lines(ring, 0)).toEqual([]);
  });

  test.each([1, 7, 500])("the last 1,000 lines where they come %i at a time", (size) => {
    const ring = createRing();
    const all = numbered(0, 5000);
    for (let at = 0; at < all.length; at += size) push(ring, all.slice(at, at + size).join("\n"));
    expect(lines(ring)).toEqual(numbered(4000, 5000));
  });

  test("lines whose chunk holds more than them, byte for byte", () => {
    const ring = createRing();
    const body = Buffer.from(`b\nc${"x".repeat(50_000)}`);
    ring.push({ time: 0, stream: "stderr", pid: 7, lines: { head: "a", body, end: 1, continued: false } });
    expect(lines(ring)).toEqual(["ab"]);
  });
});

describe("keeps no more than", () => {
  test("256 KiB, and those are the newest", () => {
    const ring = createRing();
    const line = "x".repeat(1000);
    for (let at = 0; at < 900; at++) push(ring, `${String(at).padStart(3, "0")}${line}`);
    const kept = lines(ring);
    expect(kept.length).toBe(Math.floor(RING_BYTES / 1003));
    expect(kept.at(-1)).toMatch(/^899/);
  });

  test("64 KiB of a line", () => {
    const ring = createRing();
    push(ring, `${"x".repeat(1_000_000)}\nafter`);
    expect(lines(ring).map((line) => line.length)).toEqual([RING_LINE_BYTES, 5]);
  });

  test("whole characters of a line that is cut", () => {
    const ring = createRing();
    push(ring, Buffer.from(`x${"é".repeat(100_000)}`).toString("latin1"));
    const [record] = ring.last(1, origin);
    expect(record?.line).toBe(`x${"é".repeat((RING_LINE_BYTES - 2) / 2)}`);
    expect(record).not.toHaveProperty("base64");
  });
});
