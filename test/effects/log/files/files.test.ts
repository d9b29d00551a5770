import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import type { LogFileSink } from "../../../../src/effects/log/files/file.ts";
import { createLogFiles, type LogFiles, stateLog } from "../../../../src/effects/log/files/files.ts";
import { createFakeClock, type FakeClock } from "../../../helpers/fake-clock.ts";
import { capsOf, linesIn, look, useLogFolder } from "../../../helpers/log-folder.ts";

const folder = useLogFolder();
const uid = process.getuid?.() ?? -1;
const root = uid === 0;

interface Opened {
  readonly files: LogFiles;
  readonly clock: FakeClock;
  readonly said: string[];
}

function createFiles(): Opened {
  const clock = createFakeClock();
  const said: string[] = [];
  return { files: createLogFiles({ clock, uid, onTrouble: (sentence) => said.push(sentence) }), clock, said };
}

function open(caps: Parameters<typeof capsOf>[1] = {}, name = "web.log"): Opened & { readonly log: LogFileSink; readonly path: string } {
  const opened = createFiles();
  const path = join(folder(), name);
  return { ...opened, path, log: opened.files.open(capsOf(path, caps)) };
}

async function write(log: LogFileSink, text: string): Promise<void> {
  log.write(text);
  await log.settled();
}

function numbered(from: number, count: number): string {
  return Array.from({ length: count }, (_, at) => `${from + at} ${"x".repeat(((from + at) * 7919) % 120)}\n`).join("");
}

function numbersIn(lines: readonly string[]): number[] {
  return lines.map((line) => Number(line.split(" ", 1)[0]));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}

describe("writing", () => {
  test("lines come into the file in order, which owner and group can read", async () => {
    const { log, path } = open({}, "a/b/web.log");
    log.write("one\n");
    log.write(Buffer.from("two \xff\n", "latin1"));
    await write(log, "three\n");
    expect(readFileSync(path, "latin1")).toBe("one\ntwo \xff\nthree\n");
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("a file that exists is continued", async () => {
    const { log, path } = open();
    writeFileSync(path, "before\n");
    await write(log, "after\n");
    expect(readFileSync(path, "latin1")).toBe("before\nafter\n");
  });

  test("half a line, which a death amid a write has left, is not continued", async () => {
    const { log, path } = open();
    writeFileSync(path, "before\nhal");
    await write(log, "after\n");
    expect(readFileSync(path, "latin1")).toBe("before\nhal\nafter\n");
  });

  test("nothing is opened before there is a line", async () => {
    const { log, path } = open();
    await log.settled();
    expect(existsSync(path)).toBe(false);
  });

  test("two services can share a file, and one of them can leave", async () => {
    const { files, log, path } = open();
    const other = files.open(capsOf(path));
    other.write("a\n");
    files.release(other);
    await write(log, "b\n");
    expect(readFileSync(path, "latin1")).toBe("a\nb\n");
  });

  test("what waits is written without being asked for", async () => {
    const { log, clock, path } = open();
    log.write("line\n");
    clock.advance(25);
    await log.settled();
    expect(readFileSync(path, "latin1")).toBe("line\n");
  });
});

describe("rotation", () => {
  test("no line is lost or doubled, and none is cut in two", async () => {
    const { log, clock } = open({ maxSize: 10_000 });
    for (let at = 0; at < 20_000; at += 500) {
      log.write(numbered(at, 500));
      if (at % 1500 === 0) await log.settled();
      clock.advance(1);
    }
    await log.settled();
    expect(numbersIn(linesIn(folder(), "web.log"))).toEqual(upTo(20_000));
    const sizes = readdirSync(folder()).map((name) => statSync(join(folder(), name)).size);
    expect(sizes.length).toBeGreaterThan(100);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(10_000);
  });

  test.each([
    ["the number of files", { maxSize: 10_000, maxFiles: 4 }, 4, 40_000],
    ["their sum", { maxSize: 10_000, maxTotal: 25_000 }, 5, 25_000],
    ["one file", { maxSize: 10_000, maxFiles: 1 }, 1, 10_000],
    ["a sum below the size of a file", { maxSize: 10_000, maxTotal: 5_000 }, 2, 5_000],
  ])("a cap holds at every moment: %s", async (_name, caps, files, bytes) => {
    const { log } = open(caps);
    const moments: { readonly files: number; readonly bytes: number }[] = [];
    log.write(numbered(0, 4000));
    let over = false;
    const done = log.settled().then(() => {
      over = true;
    });
    while (!over) {
      moments.push(look(folder()));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    expect(Math.max(...moments.map((moment) => moment.files))).toBeLessThanOrEqual(files);
    expect(Math.max(...moments.map((moment) => moment.bytes))).toBeLessThanOrEqual(bytes);
    expect(linesIn(folder(), "web.log").at(-1)).toMatch(/^3999 /);
  });

  test("logs that share a cap keep to it together, and the oldest file of them all goes first", async () => {
    const { files, clock } = createFiles();
    const [a, b] = ["a.log", "b.log"].map((name) =>
      files.open(capsOf(join(folder(), name), { maxSize: 1000, maxTotal: 4000, totalOf: "all" })),
    );
    await write(a!, numbered(0, 30));
    clock.advance(1000);
    await write(b!, numbered(0, 200));
    expect(look(folder()).bytes).toBeLessThanOrEqual(4000);
    expect(readdirSync(folder()).filter((name) => name.startsWith("a-"))).toEqual([]);
    expect(readdirSync(folder())).toContain("a.log");
  });

  test("what earlier lives have left of logs that have not been written yet counts too", async () => {
    for (const [at, name] of ["a", "b"].entries())
      writeFileSync(join(folder(), `${name}-2026010${at + 1}T000000.000Z.log`), "x".repeat(1900));
    writeFileSync(join(folder(), "b.log"), numbered(0, 4));
    const { files } = createFiles();
    const [a] = ["a.log", "b.log"].map((name) =>
      files.open(capsOf(join(folder(), name), { maxSize: 2000, maxTotal: 4000, totalOf: "all" })),
    );
    await write(a!, numbered(0, 10));
    expect(look(folder()).bytes).toBeLessThanOrEqual(4000);
    expect(readdirSync(folder()).sort()).toEqual(["a.log", "b-20260102T000000.000Z.log", "b.log"]);
  });

  test("logs that join leave less for the others: one that has more is rotated, and the cap holds", async () => {
    const { files } = createFiles();
    const caps = { maxSize: 10_000, maxTotal: 9000, totalOf: "all" } as const;
    const a = files.open(capsOf(join(folder(), "a.log"), caps));
    await write(a, numbered(0, 100));
    const before = look(folder()).bytes;
    expect(before).toBeGreaterThan(6000);
    for (const name of ["b.log", "c.log"]) await write(files.open(capsOf(join(folder(), name), caps)), numbered(0, 45));
    await files.settled();
    expect(look(folder()).bytes).toBeLessThanOrEqual(9000);
    expect(linesIn(folder(), "c.log").at(-1)).toMatch(/^44 /);
  });

  test("a line that is longer than a file may be gets one of its own", async () => {
    const { log } = open({ maxSize: 1000 });
    await write(log, `short\n${"x".repeat(5000)}\nshort\n`);
    expect(linesIn(folder(), "web.log").map((line) => line.length)).toEqual([5, 5000, 5]);
    expect(readdirSync(folder()).length).toBe(3);
  });

  test("files of earlier lives count", async () => {
    const first = open({ maxSize: 1000 });
    await write(first.log, numbered(0, 100));
    const second = open({ maxSize: 1000, maxFiles: 2 });
    await write(second.log, numbered(100, 1));
    expect(readdirSync(folder()).length).toBeLessThanOrEqual(2);
  });

  test("a file whose first line is too old is rotated, and one that was rotated long ago goes", async () => {
    const { log, clock } = open({ maxAgeMs: 60_000 });
    await write(log, "old\n");
    clock.advance(59_000);
    await write(log, "not so old\n");
    clock.advance(2_000);
    await write(log, "new\n");
    expect(readdirSync(folder()).length).toBe(2);
    expect(readFileSync(join(folder(), "web.log"), "latin1")).toBe("new\n");
    clock.advance(61_000);
    await log.settled();
    expect(linesIn(folder(), "web.log")).toEqual(["new"]);
  });

  test("rotated files are compressed, and no line is lost; owner and group can read them, whatever the umask", async () => {
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    const { files, log, clock } = open({ maxSize: 50_000, compress: true });
    for (let at = 0; at < 5000; at += 500) {
      await write(log, numbered(at, 500));
      clock.advance(10);
    }
    await files.settled();
    await log.compressed();
    expect(numbersIn(linesIn(folder(), "web.log"))).toEqual(upTo(5000));
    const others = readdirSync(folder()).filter((name) => name !== "web.log");
    expect(others.every((name) => name.endsWith(".log.gz"))).toBe(true);
    expect(new Set(others.map((name) => statSync(join(folder(), name)).mode & 0o777))).toEqual(new Set([0o640]));
  });

  test("what a death amid a compression has left is cleaned up", async () => {
    const { log } = open();
    for (const name of ["web-20260101T000000.000Z.log.gz.part", "web-20260102T000000.000Z.log", "web-20260102T000000.000Z.log.gz"]) {
      writeFileSync(join(folder(), name), "");
    }
    writeFileSync(join(folder(), "other-20260102T000000.000Z.log"), "");
    await write(log, "line\n");
    expect(readdirSync(folder()).sort()).toEqual(["other-20260102T000000.000Z.log", "web-20260102T000000.000Z.log.gz", "web.log"]);
  });

  test("the state folder's cap counts what services have left that are no more", async () => {
    const { files } = createFiles();
    const state = stateLog(folder(), "web");
    mkdirSync(join(folder(), "logs"));
    for (const name of ["gone.log", "gone-20260101T000000.000Z.log"]) writeFileSync(join(folder(), "logs", name), "x".repeat(3000));
    const log = files.open({ ...state, maxTotal: 5000, maxSize: 1000 });
    await write(log, numbered(0, 1));
    await log.settled();
    await write(log, numbered(1, 60));
    expect(look(join(folder(), "logs")).bytes).toBeLessThanOrEqual(5000);
    expect(linesIn(join(folder(), "logs"), "web.log").at(-1)).toMatch(/^60 /);
  });
});

describe("a file that goes away", () => {
  test("after a rotator has moved it and asked for it, lines come into a new one", async () => {
    const { files, log, path } = open();
    await write(log, "one\n");
    renameSync(path, `${path}.1`);
    await write(log, "two\n");
    files.reopen();
    await write(log, "three\n");
    expect(readFileSync(`${path}.1`, "latin1")).toBe("one\ntwo\n");
    expect(readFileSync(path, "latin1")).toBe("three\n");
  });

  test("one that was cut to nothing is continued", async () => {
    const { log, path } = open();
    await write(log, "one\n");
    writeFileSync(path, "");
    await write(log, "two\n");
    expect(readFileSync(path, "latin1")).toBe("two\n");
  });

  test("its folder is made again", async () => {
    const { log, path, said, clock } = open({}, "sub/web.log");
    await write(log, "one\n");
    rmSync(join(folder(), "sub"), { recursive: true });
    clock.advance(100);
    await write(log, "two\n");
    expect(readFileSync(path, "latin1")).toBe("two\n");
    expect(said).toEqual([]);
  });

  test("where no folder can ever be made, that is said", async () => {
    const { files, said } = createFiles();
    const log = files.open(capsOf("/proc/svc-logs/web.log"));
    await write(log, "one\n");
    expect(said).toEqual([expect.stringMatching(/^cannot write to \/proc\/svc-logs\/web\.log: ENOENT, its folder cannot be made; /)]);
    expect(log.dropped).toBe(1);
  });

  test("where it cannot be made, that is said once and counted, and writing goes on later", async () => {
    const { log, path, said, clock } = open({}, "sub/web.log");
    writeFileSync(join(folder(), "sub"), "in the way");
    await write(log, "one\n");
    await write(log, "two\nthree\n");
    clock.advance(300);
    await write(log, "four\n");
    expect(said).toEqual([expect.stringMatching(/^cannot write to .*web\.log: E\w+.*; its lines are dropped/)]);
    expect(log.dropped).toBe(4);
    rmSync(join(folder(), "sub"));
    clock.advance(2000);
    await write(log, "five\n");
    const lines = readFileSync(path, "latin1").split("\n");
    expect(lines[0]).toMatch(/svc svc \| dropped 4 lines here/);
    expect(lines.slice(1)).toEqual(["five", ""]);
    expect(said[1]).toMatch(/can be written again; 4 lines were dropped$/);
  });
});

describe("trust", () => {
  test("a link that was planted is not followed", async () => {
    const { log, path, said } = open();
    const victim = join(folder(), "victim");
    writeFileSync(victim, "mine");
    symlinkSync(victim, path);
    await write(log, "line\n");
    expect(readFileSync(victim, "latin1")).toBe("mine");
    expect(said).toEqual([expect.stringContaining("ELOOP, it is a link")]);
  });

  test("a pipe that was planted does not hang it", async () => {
    const { log, path, said } = open();
    spawnSync("mkfifo", [path]);
    await write(log, "line\n");
    expect(said).toEqual([expect.stringContaining("it is no regular file")]);
  });

  test.runIf(root)("as root a folder that others can write to is refused, with a cure", async () => {
    const { log, said } = open({}, "open/web.log");
    mkdirSync(join(folder(), "open"));
    chmodSync(join(folder(), "open"), 0o777);
    await write(log, "line\n");
    expect(said).toEqual([expect.stringMatching(/open is writable by everybody; choose a folder that only root can write to/)]);
    expect(readdirSync(join(folder(), "open"))).toEqual([]);
  });

  test.runIf(root)("as root another name for a file elsewhere, planted in a sticky folder, is refused", async () => {
    const { log, said, path } = open({}, "tmp/web.log");
    writeFileSync(join(folder(), "victim"), "mine");
    mkdirSync(join(folder(), "tmp"));
    chmodSync(join(folder(), "tmp"), 0o1777);
    linkSync(join(folder(), "victim"), path);
    await write(log, "line\n");
    expect(said).toEqual([expect.stringContaining("somebody else has put it into a folder that others can write to")]);
    expect(readFileSync(path, "latin1")).toBe("mine");
  });
});

describe("a full disk", () => {
  const mounts: string[] = [];
  afterEach(() => {
    for (const mount of mounts.splice(0)) spawnSync("umount", ["-l", mount]);
  });
  const mount = (path: string): boolean => {
    mkdirSync(path);
    const mounted = root && spawnSync("mount", ["-t", "tmpfs", "-o", "size=128k,mode=0755", "svc-test", path]).status === 0;
    if (mounted) mounts.push(path);
    return mounted;
  };

  test("what does not fit is counted, no line is torn, and writing goes on when there is room", async (context) => {
    const path = join(folder(), "full");
    context.skip(!mount(path), "needs the right to mount");
    const { log, said, clock } = open({}, "full/web.log");
    writeFileSync(join(path, "ballast"), "x".repeat(64 * 1024));
    for (let at = 0; at < 2000; at += 100) {
      await write(log, numbered(at, 100));
      clock.advance(300);
    }
    expect(said.length).toBe(1);
    expect(said[0]).toMatch(/ENOSPC, the disk is full/);
    const kept = numbersIn(linesIn(path, "web.log"));
    expect(kept.length + log.dropped).toBe(2000);
    expect(kept).toEqual(upTo(kept.length));
    rmSync(join(path, "ballast"));
    clock.advance(2000);
    await write(log, "room\n");
    const lines = linesIn(path, "web.log");
    expect(lines.at(-2)).toMatch(new RegExp(`dropped ${2000 - kept.length} lines here`));
    expect(lines.at(-1)).toBe("room");
    expect(said[1]).toMatch(new RegExp(`can be written again; ${2000 - kept.length} lines were dropped`));
  });
});
