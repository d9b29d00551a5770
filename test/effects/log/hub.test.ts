import { spawn, spawnSync } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { guardProcesses } from "../../helpers/guard.ts";
import {
  expectNumbers,
  type HubPlan,
  hubCommand,
  isAtRest,
  numbers,
  peakMB,
  type RunningHub,
  stalls,
  startHub,
} from "../../helpers/log-hub.ts";
import { collect } from "../../helpers/output.ts";
import { isGone, processesWith } from "../../helpers/processes.ts";
import { until } from "../../helpers/until.ts";

// Needs a build: the hub runs in a process of its own (test/fixtures/logs/hub.js), so that its outputs can be anything.

const guard = guardProcesses();

interface Read extends RunningHub {
  readonly out: () => string[];
  readonly err: () => string[];
}

/** A hub whose two outputs are read. */
function run(plan: HubPlan): Read {
  const hub = startHub(plan, guard.env);
  const [out, err] = [collect(hub.child.stdout as Readable), collect(hub.child.stderr as Readable)];
  return { ...hub, out: out.lines, err: err.lines };
}

function sh(script: string): string[] {
  return ["sh", "-c", script];
}

describe("nothing is lost or torn", () => {
  test("the last line without a newline is printed", async () => {
    const hub = run({ services: { web: sh("printf 'a\\nb'") } });
    await hub.done();
    await hub.closed;
    expect(hub.out()).toEqual(["web | a", "web | b"]);
  });

  test("the last words of a process that kills itself are printed", async () => {
    const hub = run({ services: { web: sh("printf 'one\\ntwo'; printf 'three' >&2; kill -9 $$") } });
    await hub.done();
    await hub.closed;
    expect(hub.out()).toEqual(["web | one", "web | two"]);
    expect(hub.err()).toEqual(["web | three"]);
  });

  test.each([
    ["text", "echo one; printf two; echo three >&2"],
    ["text on one of them", "echo one; printf two"],
    ["nothing", "exit 3"],
  ])("what a process left in its pipes before they were read is printed: %s", async (_name, script) => {
    const hub = run({ services: { web: sh(script) }, attachLate: true });
    const { recent } = await hub.done();
    await hub.closed;
    const expected = {
      stdout: script.includes("one") ? ["web | one", "web | two"] : [],
      stderr: script.includes("three") ? ["web | three"] : [],
    };
    expect({ stdout: hub.out(), stderr: hub.err() }).toEqual(expected);
    expect(recent.web?.length).toBe(expected.stdout.length + expected.stderr.length);
  });

  test("eight writers at once keep their lines whole and in order", async () => {
    const tags = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const hub = run({ services: Object.fromEntries(tags.map((tag) => [`svc-${tag}`, numbers(tag, 5_000)])) });
    const { dropped } = await hub.done();
    await hub.closed;
    const lines = hub.out();
    for (const tag of tags) expectNumbers(lines, `svc-${tag}`, tag, 5_000);
    expect(lines.length).toBe(8 * 5_000);
    expect(dropped).toBe(0);
  });

  test("stdout and stderr on one pipe never cut into each other", async () => {
    const services = { a: numbers("a", 5_000, 1), b: numbers("b", 5_000, 2), c: numbers("c", 5_000, 1) };
    const hub = startHub({ services }, guard.env, "merged");
    const out = collect(hub.child.stdout as Readable);
    await hub.done();
    await hub.closed;
    for (const tag of ["a", "b", "c"]) expectNumbers(out.lines(), tag, tag, 5_000);
    expect(out.lines().length).toBe(15_000);
  });

  test("JSON lines are whole, too", async () => {
    const hub = run({ services: { a: numbers("a", 5000), b: numbers("b", 5000, 2) }, format: "json" });
    await hub.done();
    await hub.closed;
    const records = [...hub.out(), ...hub.err()].map((line) => JSON.parse(line));
    const text = (service: string): string[] => records.filter((one) => one.service === service).map((one) => `${service} | ${one.line}`);
    expectNumbers(text("a"), "a", "a", 5000);
    expectNumbers(text("b"), "b", "b", 5000);
  });
});

describe("a descendant that holds the pipes", () => {
  test("and is silent is waited for half a second, and named as a reason", async () => {
    const hub = run({ services: { web: sh("sleep 600 & echo main") } });
    const { ms } = await hub.heard("finished");
    expect(ms).toBeGreaterThanOrEqual(499);
    await hub.done();
    await hub.closed;
    expect(hub.out()).toEqual(["web | main"]);
    expect(hub.err()).toEqual([
      "svc | web: a process that outlived it still holds its stdout and stderr; what that one writes is no longer read",
    ]);
  });

  test("and never stops writing is given up all the same, after all that the main process wrote", async () => {
    const chatty = "while :; do echo noise; done & ";
    const hub = run({ services: { web: sh(`${chatty} ${numbers("main", 3000, 2).join(" ")}; exit 0`) } });
    await hub.heard("finished");
    await hub.done();
    await hub.closed;
    expectNumbers(hub.err(), "web", "main", 3000);
    // It dies of its next write, and where that is before stderr is given up, too, that one just ends.
    expect(hub.err().at(-1)).toMatch(/^svc \| web: a process that outlived it still holds its stdout/);
  });
});

test("services that flood keep nobody else from being heard", async () => {
  const services = { a: ["yes"], b: ["yes"], quiet: sh("while :; do echo here; sleep 0.05; done") };
  const hub = startHub({ services, format: "json", flushOnMessage: true }, guard.env);
  let heard = 0;
  // Cut between two chunks it is not seen; there are more.
  (hub.child.stdout as Readable).on("data", (chunk: Buffer) => {
    if (chunk.includes('"service":"quiet"')) heard += 1;
  });
  await until(() => heard >= 5, { what: "five lines of the quiet service" });
});

describe("when the reader is gone", () => {
  test("services go on, their lines are counted and the last ones remembered", async () => {
    const hub = startHub({ services: { web: numbers("a", 20_000) } }, guard.env);
    const err = collect(hub.child.stderr as Readable);
    (hub.child.stdout as Readable).once("data", () => hub.child.stdout?.destroy());
    const { dropped, recent } = await hub.done();
    expect(dropped).toBeGreaterThan(0);
    expect(recent.web?.findLast((record) => record.stream === "stdout")?.line).toMatch(/^a:19999:/);
    await hub.closed;
    expect(err.lines()).toEqual([expect.stringMatching(/^svc \| cannot write to stdout: EPIPE/)]);
  });

  test("a full disk is survived, and said once", async () => {
    const hub = startHub({ services: { web: numbers("a", 5000) } }, guard.env, { stdout: openSync("/dev/full", "w") });
    const err = collect(hub.child.stderr as Readable);
    expect((await hub.done()).dropped).toBe(5000);
    await hub.closed;
    expect(err.lines()).toEqual([expect.stringMatching(/^svc \| cannot write to stdout: ENOSPC/)]);
  });
});

describe("when the reader stalls", () => {
  test("memory stays bounded, and nothing is lost once it reads on", async () => {
    const services = { a: numbers("a", 30_000), b: numbers("b", 30_000), c: numbers("c", 30_000) };
    const hub = startHub({ services }, guard.env);
    await stalls(hub);
    expect(peakMB(hub.pid)).toBeLessThan(90);
    const out = collect(hub.child.stdout as Readable);
    expect((await hub.done()).dropped).toBe(0);
    await hub.closed;
    for (const tag of ["a", "b", "c"]) expectNumbers(out.lines(), tag, tag, 30_000);
  });

  test("what ended meanwhile waits, and is whole afterwards", async () => {
    const services = { flood: numbers("a", 30_000), brief: sh("echo first; printf last") };
    const hub = startHub({ services }, guard.env);
    await hub.heard("exited", "brief");
    await stalls(hub);
    const out = collect(hub.child.stdout as Readable);
    await hub.done();
    await hub.closed;
    expect(out.lines().filter((line) => line.startsWith("brief"))).toEqual(["brief | first", "brief | last"]);
    expectNumbers(out.lines(), "flood", "a", 30_000);
  });

  test("the other output goes on", async () => {
    const hub = startHub({ services: { flood: numbers("a", 30_000), other: numbers("b", 30_000, 2) } }, guard.env);
    const err = collect(hub.child.stderr as Readable);
    await hub.heard("finished", "other");
    await until(() => err.lines().length === 30_000);
    expectNumbers(err.lines(), "other", "b", 30_000);
  });

  test("a flush ends at its deadline, and what is lost is said and counted", async () => {
    const hub = startHub({ services: { flood: ["yes"] }, flushOnMessage: true, flushMs: 50 }, guard.env);
    const err = collect(hub.child.stderr as Readable);
    await stalls(hub);
    hub.child.send("flush");
    const { dropped } = await hub.done();
    expect(dropped).toBeGreaterThan(0);
    await until(() => err.lines().length === 1);
    expect(err.lines()).toEqual([expect.stringMatching(/^svc +\| nobody reads stdout: \d+ lines that svc had read were dropped/)]);
  });
});

/** `script` of util-linux gives a command a terminal, which is read no further than its own output is. */
const hasScript = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;

test.runIf(hasScript)("a terminal that nobody reads does not keep a signal from being heard", async () => {
  const command = hubCommand({ services: { flood: ["yes"] } }).map((word) => `'${word}'`);
  // Its output is a pipe that this test does not read.
  spawn("script", ["-qec", command.join(" "), "/dev/null"], { env: guard.env, stdio: ["ignore", "pipe", "ignore"] });
  const find = (): number => processesWith(guard.marker).find((pid) => commandLine(pid)[1]?.endsWith("hub.js")) ?? 0;
  const hub = await until(find, { what: "the start of the hub" });
  await isAtRest(hub);
  process.kill(hub, "SIGTERM");
  await until(() => isGone(hub), { what: "the end of the hub" });
});

function commandLine(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
}
