import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Sink } from "../../../../src/effects/log/sink/sink.ts";
import { createStreamSink, STALL_BYTES } from "../../../../src/effects/log/sink/stream.ts";
import { until } from "../../../helpers/until.ts";

const LINE = `${"x".repeat(99)}\n`;
const LINES = LINE.repeat(100);

let folder: string;
let reader: number;
let stream: Socket;
let sink: Sink;
let written: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "svc-sink-"));
  const path = join(folder, "pipe");
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  stream = new Socket({ fd, readable: false, writable: true });
  const { _handle: handle } = stream as unknown as { readonly _handle: { readonly writeQueueSize: number } };
  sink = createStreamSink(
    { stream, fd, name: "stdout", terminal: false, unblock: () => {}, unsent: () => handle.writeQueueSize },
    () => {},
  );
  written = 0;
});

afterEach(() => {
  stream.destroy();
  closeSync(reader);
  rmSync(folder, { recursive: true });
});

test("sources go on while little waits for the reader, and stop when much does", async () => {
  const source = joined(new PassThrough());
  write();
  await turns();
  while (sink.waiting + LINES.length < STALL_BYTES) {
    expect(source.isPaused()).toBe(false);
    write();
  }
  expect(sink.stalled).toBe(false);
  write();
  expect(sink.stalled).toBe(true);
  expect(source.isPaused()).toBe(true);
});

test("they go on only once half of it was read, and not a byte is lost", async () => {
  const source = joined(new PassThrough());
  while (!sink.stalled) write();
  let read = "";
  let least = sink.waiting;
  source.on("resume", () => {
    least = sink.waiting;
  });
  await until(() => {
    read += readSome();
    return sink.waiting === 0 && read.length === written;
  });
  expect(sink.stalled).toBe(false);
  expect(source.isPaused()).toBe(false);
  expect(least).toBeLessThanOrEqual(STALL_BYTES / 2);
  expect(read).toBe(LINE.repeat(written / LINE.length));
});

test("of many sources each goes on, in turn", async () => {
  const sources = Array.from({ length: 50 }, () => joined(new PassThrough()));
  const resumed = new Set<PassThrough>();
  for (const source of sources) source.on("resume", () => !source.isPaused() && resumed.add(source));
  await until(() => {
    while (!sink.stalled) write();
    readSome();
    return resumed.size === sources.length;
  });
  while (!sink.stalled) write();
  expect(sources.every((source) => source.isPaused())).toBe(true);
  await until(() => {
    readSome();
    return sources.every((source) => !source.isPaused());
  });
});

test("one that leaves during a stall is stopped no longer", async () => {
  const source = joined(new PassThrough());
  while (!sink.stalled) write();
  sink.leave(source);
  source.resume();
  await turns();
  expect(source.isPaused()).toBe(false);
});

test("one that joins during a stall, or that somebody else resumes, waits like the others", async () => {
  while (!sink.stalled) write();
  const source = joined(new PassThrough());
  expect(source.isPaused()).toBe(true);
  source.resume();
  await turns();
  expect(source.isPaused()).toBe(true);
});

test("what is given up is counted to the line: what the reader gets and what was dropped is all there was", async () => {
  while (!sink.stalled) write();
  let read = "";
  // Some of what is in flight is taken, and some is not.
  await until(() => {
    read += readSome();
    return read.length >= 128 * 1024;
  });
  sink.abandon();
  const { dropped } = sink;
  stream.destroy();
  for (let some = readSome(); some !== ""; some = readSome()) read += some;
  expect(dropped).toBeGreaterThan(0);
  expect(read.split("\n").length - 1 + dropped).toBe(written / LINE.length);
});

function joined(source: PassThrough): PassThrough {
  source.resume();
  sink.join(source);
  return source;
}

function write(): void {
  sink.write(LINES);
  written += LINES.length;
}

/** What the pipe holds now, at most 64 KiB. */
function readSome(): string {
  const buffer = Buffer.alloc(64 * 1024);
  try {
    return buffer.toString("latin1", 0, readSync(reader, buffer));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return "";
    throw error;
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
