import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type LogRange, readLog } from "../../src/effects/log-reader.ts";
import { useLogFolder } from "../helpers/log-folder.ts";

const folder = useLogFolder();
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

function lines(from: number, to: number): string {
  return Array.from(
    { length: to - from },
    (_, at) => `${new Date(START + (from + at) * MINUTE).toISOString()} web stdout | ${from + at}\n`,
  ).join("");
}

/** Minutes 0–39: ten compressed, ten rotated, twenty current ones, of which the last is being written. */
function writeLog(): string {
  writeFileSync(join(folder(), "web-20260101T001000.000Z.log.gz"), gzipSync(lines(0, 10)));
  writeFileSync(join(folder(), "web-20260101T002000.000Z.log"), lines(10, 20));
  writeFileSync(join(folder(), "web.log"), `not svc's\n${lines(20, 40)}2026-01-01T00:40:00.000Z web stdout | 4`);
  return join(folder(), "web.log");
}

async function read(path: string, range: LogRange = {}): Promise<number[]> {
  const found: number[] = [];
  for await (const some of readLog(path, range)) found.push(...some.map(({ line }) => Number(line)));
  return found;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

function at(minute: number): string {
  return new Date(START + minute * MINUTE).toISOString();
}

describe("a log and its rotated files", () => {
  test("are read oldest first; what is no line of svc's, or not whole yet, is passed over", async () => {
    expect(await read(writeLog())).toEqual(range(0, 40));
  });

  test.each([
    [{ since: at(15) }, 15, 40],
    [{ until: at(15) }, 0, 15],
    [{ since: at(5), until: at(25) }, 5, 25],
    [{ since: at(20) }, 20, 40],
    [{ since: at(99) }, 0, 0],
  ])("%j is kept to", async (wish, from, to) => {
    expect(await read(writeLog(), wish)).toEqual(range(from, to));
  });

  test.each([
    [1, 39],
    [20, 20],
    [21, 20],
    [25, 16],
    [35, 6],
    [99, 0],
  ])("the last %d lines begin at %d", async (last, from) => {
    expect(await read(writeLog(), { last })).toEqual(range(from, 40));
  });

  test("one that is removed while it is read is read to its end", async () => {
    const path = writeLog();
    const found: number[] = [];
    for await (const some of readLog(path, {})) {
      for (const name of readdirSync(folder())) rmSync(join(folder(), name));
      found.push(...some.map(({ line }) => Number(line)));
    }
    expect(found).toEqual(range(0, 40));
  });

  test("lines may be longer than what is read at once", async () => {
    const long = "x".repeat(1_000_000);
    writeFileSync(join(folder(), "web.log"), [1, 2, 3].map((n) => `${at(n)} web stdout | ${n}${long}\n`).join(""));
    const found: string[] = [];
    for await (const some of readLog(join(folder(), "web.log"), { last: 2 })) found.push(...some.map(({ line }) => line));
    expect(found.map((line) => [line[0], line.length])).toEqual([
      ["2", 1_000_001],
      ["3", 1_000_001],
    ]);
  });

  test("no file is no line", async () => {
    expect(await read(join(folder(), "none.log"))).toEqual([]);
  });
});
