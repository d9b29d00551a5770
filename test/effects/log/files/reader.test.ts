import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type LogRange, readLog } from "../../../../src/effects/log/files/reader.ts";
import type { Fault } from "../../../../src/effects/log/files/snapshot.ts";
import { useLogFolder } from "../../../helpers/log-folder.ts";

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

function noFault({ path, error }: Fault): void {
  throw new Error(path, { cause: error });
}

async function read(path: string, range: LogRange = {}, onFault: (fault: Fault) => void = noFault): Promise<number[]> {
  const found: number[] = [];
  for await (const some of readLog(path, range, onFault)) found.push(...some.map(({ line }) => Number(line)));
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
    for await (const some of readLog(path, {}, noFault)) {
      for (const name of readdirSync(folder())) rmSync(join(folder(), name));
      found.push(...some.map(({ line }) => Number(line)));
    }
    expect(found).toEqual(range(0, 40));
  });

  test("lines may be longer than what is read at once", async () => {
    const long = "x".repeat(1_000_000);
    writeFileSync(join(folder(), "web.log"), [1, 2, 3].map((n) => `${at(n)} web stdout | ${n}${long}\n`).join(""));
    const found: string[] = [];
    for await (const some of readLog(join(folder(), "web.log"), { last: 2 }, noFault)) found.push(...some.map(({ line }) => line));
    expect(found.map((line) => [line[0], line.length])).toEqual([
      ["2", 1_000_001],
      ["3", 1_000_001],
    ]);
  });

  test("no file is no line", async () => {
    expect(await read(join(folder(), "none.log"))).toEqual([]);
  });
});

describe("a file that is damaged", () => {
  const gz = "web-20260101T001000.000Z.log.gz";

  test.each([
    ["cut off", (): string => cutOff(gz, 1), range(0, 40), gz],
    ["no gzip at all", (): string => replaced(gz, "nonsense"), range(10, 40), gz],
    ["empty", (): string => replaced(gz, ""), range(10, 40), gz],
    ["a pipe", (): string => pipeAt("web-20260101T001500.000Z.log"), range(0, 40), "web-20260101T001500.000Z.log"],
    ["a folder", (): string => folderAt("web-20260101T001500.000Z.log"), range(0, 40), "web-20260101T001500.000Z.log"],
  ])("%s: what is whole is read, in it and after it, and the file is named", async (_what, damage, expected, name) => {
    const path = damage();
    for (const wish of [{}, { last: 99 }]) {
      const faults: string[] = [];
      expect(await read(path, wish, (fault) => faults.push(fault.path))).toEqual(expected);
      expect(faults).toEqual([join(folder(), name)]);
    }
  });

  function cutOff(name: string, bytes: number): string {
    const log = writeLog();
    return replaced(name, readFileSync(join(folder(), name)).subarray(0, -bytes), log);
  }
  function replaced(name: string, content: string | Uint8Array, log = writeLog()): string {
    writeFileSync(join(folder(), name), content);
    return log;
  }
  function pipeAt(name: string): string {
    spawnSync("mkfifo", [join(folder(), name)]);
    return writeLog();
  }
  function folderAt(name: string): string {
    mkdirSync(join(folder(), name));
    return writeLog();
  }
});
