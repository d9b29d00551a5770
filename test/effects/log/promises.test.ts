import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { parseFileLine } from "../../../src/core/log/file-line.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { capsOf, linesIn, useLogFolder } from "../../helpers/log-folder.ts";
import { type HubPlan, stalls, startHub } from "../../helpers/log-hub.ts";
import { collect } from "../../helpers/output.ts";

// Needs a build. What is promised: whatever services write comes out whole, once and in order within its stream. What is not:
// an order between two streams.

const guard = guardProcesses();
const folder = useLogFolder();

function sh(script: string): string[] {
  return ["sh", "-c", script];
}

function count(last: number): string[] {
  return Array.from({ length: last }, (_, at) => String(at + 1));
}

/** The lines of stdout; where the two outputs are one, of both. */
async function run(plan: HubPlan, { slow = false } = {}): Promise<string[]> {
  const hub = startHub(plan, guard.env, "merged");
  if (slow) await stalls(hub);
  const out = collect(hub.child.stdout as Readable);
  expect((await hub.done()).dropped).toBe(0);
  await hub.closed;
  return out.lines();
}

function of(name: string, lines: readonly string[]): string[] {
  return lines.flatMap((line) => new RegExp(`^${name} +\\| (.*)$`).exec(line)?.[1] ?? []);
}

test.each([8, 32])("%i writers on both outputs into one slow pipe: every line whole and in order", async (writers) => {
  const lines = 32_000 / writers;
  const names = Array.from({ length: writers }, (_, at) => `w${at}`);
  const services = Object.fromEntries(names.map((name, at) => [name, sh(`seq 1 ${lines} ${at % 2 === 0 ? "" : ">&2"}`)]));
  const found = await run({ services }, { slow: true });
  for (const name of names) expect(of(name, found)).toEqual(count(lines));
  expect(found.length).toBe(32_000);
});

test("3,000 lines and one that has no end, then SIGKILL: all of it, of each of ten", async () => {
  const names = Array.from({ length: 10 }, (_, at) => `w${at}`);
  const found = await run({ services: Object.fromEntries(names.map((name) => [name, sh("seq 1 3000; printf last; kill -9 $$")])) });
  for (const name of names) expect(of(name, found)).toEqual([...count(3000), "last"]);
});

test("characters that arrive byte by byte stay whole", async () => {
  const text = "größer → 😀 ende";
  const perl = 'for my $byte (split //, $ARGV[0]) { syswrite(STDOUT, $byte); select(undef, undef, undef, 0.001) } syswrite(STDOUT, "\\n")';
  const services = { text: ["perl", "-e", perl, text] };
  expect(of("text", await run({ services }))).toEqual([text]);
  const [record] = (await run({ services, format: "json" })).map((line) => JSON.parse(line));
  expect(record).toMatchObject({ line: text });
  expect(record).not.toHaveProperty("base64");
});

test("a line of 10 MB comes in pieces of 1 MiB, each but the last marked", async () => {
  const services = { long: sh("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo short") };
  const records = (await run({ services, format: "json" })).map((line) => JSON.parse(line));
  const pieces = records.filter(({ service }) => service === "long");
  expect(pieces.map(({ line, continued = false }) => [line.length, continued])).toEqual([
    ...Array.from({ length: 9 }, () => [1024 * 1024, true]),
    [10_000_000 - 9 * 1024 * 1024, false],
    [5, false],
  ]);
});

describe("rotation under load", () => {
  test("10 MB of four services through files of 1 MB: no line is lost or doubled", async () => {
    const names = ["a", "b", "c", "d"];
    const services = Object.fromEntries(names.map((name) => [name, sh(`seq -f 'a line that has some length: %.0f' 1 30000`)]));
    const file = capsOf(join(folder(), "all.log"), { maxSize: 1024 * 1024, maxTotal: 100 * 1024 * 1024, compress: true });
    await run({ services, file });
    const found = linesIn(folder(), "all.log").map(parseFileLine);
    for (const name of names) {
      const own = found.filter((line) => line?.name === name).map((line) => line?.line.replace(/^.*: /, ""));
      expect(own).toEqual(count(30_000));
    }
    expect(found.length).toBe(4 * 30_000);
    const sizes = readdirSync(folder()).map((name) => statSync(join(folder(), name)).size);
    expect(sizes.length).toBeGreaterThan(7);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
  });
});
