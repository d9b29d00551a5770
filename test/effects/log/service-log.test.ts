import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { LogRecord } from "../../../src/core/protocol.ts";
import { createLogHub, type LogHub, type ServiceLog } from "../../../src/effects/log/hub.ts";
import type { Sink } from "../../../src/effects/log/sink/sink.ts";
import { createFakeClock } from "../../helpers/fake-clock.ts";

const PLAIN = { format: "plain", colour: false, timestamps: false } as const;

interface Memory extends Sink {
  readonly text: () => string;
}

function memorySink(name: string): Memory {
  let text = "";
  return {
    name,
    terminal: false,
    nowhere: false,
    stalled: false,
    gone: false,
    waiting: 0,
    dropped: 0,
    text: () => text,
    write: (lines) => {
      text += typeof lines === "string" ? lines : Buffer.from(lines).toString("latin1");
    },
    flush() {},
    discard() {},
    join() {},
    leave() {},
    settled: () => Promise.resolve(),
    abandon() {},
  };
}

interface Setup {
  readonly hub: LogHub;
  readonly out: Memory;
  readonly err: Memory;
}

function setup(): Setup {
  const [out, err] = [memorySink("stdout"), memorySink("stderr")];
  const hub = createLogHub({
    clock: createFakeClock(),
    output: { stdout: out, stderr: err },
    styles: { stdout: PLAIN, stderr: PLAIN },
    uid: 0,
  });
  return { hub, out, err };
}

function open(hub: LogHub, name: string): ServiceLog {
  return hub.open({ name, service: name.split(".")[0] ?? name, instance: 1 });
}

/** A process as the hub sees it: two pipes, which pass on at once what is written. */
function process(log: ServiceLog, pid = 7) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const attached = log.attach({ pid, stdout, stderr });
  const end = async (): Promise<void> => {
    stdout.end();
    stderr.end();
    await attached.finish();
  };
  return { attached, stdout, stderr, end };
}

describe("names", () => {
  test("are aligned to the longest that is open", async () => {
    const { hub, out } = setup();
    const web = process(open(hub, "web"));
    const long = open(hub, "long-name");
    web.stdout.write("one\n");
    long.close();
    web.stdout.write("two\n");
    await web.end();
    expect(out.text()).toBe("web       | one\nweb | two\n");
  });

  test("change with a rename, also for what already runs", async () => {
    const { hub, out } = setup();
    const log = open(hub, "web");
    const web = process(log);
    web.stdout.write("one\n");
    log.rename("web.1");
    web.stdout.write("two\n");
    await web.end();
    expect(out.text()).toBe("web | one\nweb.1 | two\n");
  });
});

describe("a process", () => {
  test("writes its stdout to stdout and its stderr to stderr", async () => {
    const { hub, out, err } = setup();
    const web = process(open(hub, "web"));
    web.stdout.write("out\n");
    web.stderr.write("err\n");
    await web.end();
    expect([out.text(), err.text()]).toEqual(["web | out\n", "web | err\n"]);
  });

  test("never continues the line of the one before it", async () => {
    const { hub, out } = setup();
    const log = open(hub, "web");
    const first = process(log, 1);
    const second = process(log, 2);
    first.stdout.write("unfinish");
    second.stdout.write("second\n");
    await first.end();
    await second.end();
    expect(out.text()).toBe("web | second\nweb | unfinish\n");
  });

  test("is remembered with its pid and its streams", async () => {
    const { hub } = setup();
    const log = open(hub, "web");
    const web = process(log, 12);
    web.stdout.write("a\nb\n");
    web.stderr.write("c");
    await web.end();
    const facts = log.recent(10).map(({ pid, stream, line, service }) => ({ pid, stream, line, service }));
    expect(facts).toEqual([
      { pid: 12, stream: "stdout", line: "a", service: "web" },
      { pid: 12, stream: "stdout", line: "b", service: "web" },
      { pid: 12, stream: "stderr", line: "c", service: "web" },
    ]);
    expect(log.recent(1).map(({ line }) => line)).toEqual(["c"]);
  });
});

describe("a watcher of lines", () => {
  test("gets whole lines of this process, those before it too, until it is released", async () => {
    const { hub } = setup();
    const log = open(hub, "web");
    const before = process(log, 1);
    before.stdout.write("an earlier process\n");
    await before.end();
    const web = process(log, 2);
    web.stdout.write("early\nlistening ");
    const seen: string[] = [];
    const release = web.attached.watchLines((line) => seen.push(line));
    web.stdout.write("on 3000\r\n");
    web.stderr.write("größer\n");
    release();
    web.stdout.write("late\n");
    await web.end();
    expect(seen).toEqual(["early", "listening on 3000", "größer"]);
  });
});

describe("svc's own words", () => {
  test("go to stderr under its own name, with control characters escaped", () => {
    const { hub, out, err } = setup();
    open(hub, "worker");
    hub.say("started \x1b[31m\nworker → 1");
    expect(out.text()).toBe("");
    expect(Buffer.from(err.text(), "latin1").toString()).toBe("svc    | started \\x1b[31m\\nworker → 1\n");
  });

  test("about an instance are kept among its lines, others among svc's own", () => {
    const { hub } = setup();
    const log = open(hub, "web");
    hub.say("web started", log);
    hub.say("reloaded");
    expect(log.recent(10)).toMatchObject([{ service: "web", instance: 1, stream: "svc", pid: null, line: "web started" }]);
    expect(hub.recent(10)).toMatchObject([{ service: "svc", instance: 0, stream: "svc", pid: null, line: "reloaded" }]);
  });
});

describe("a follower", () => {
  test("gets the lines that its filter lets through, until it stops", async () => {
    const { hub } = setup();
    const [web, worker] = [process(open(hub, "web")), process(open(hub, "worker"))];
    const seen: LogRecord[] = [];
    const stop = hub.follow(
      (log) => log.name === "web",
      (records) => seen.push(...records),
    );
    web.stdout.write("a\nb\n");
    worker.stdout.write("not this\n");
    hub.say("nor this");
    stop();
    web.stdout.write("c\n");
    await web.end();
    await worker.end();
    expect(seen.map(({ service, line }) => `${service} ${line}`)).toEqual(["web a", "web b"]);
  });

  test("without a filter gets svc's own words, too", () => {
    const { hub } = setup();
    const seen: string[] = [];
    hub.follow(null, (records) => seen.push(...records.map(({ line }) => line)));
    hub.say("stopping");
    expect(seen).toEqual(["stopping"]);
  });
});

test("no more than sixteen ended processes of an instance wait to be read", async () => {
  const { hub, err } = setup();
  const log = open(hub, "web");
  const waiting = Array.from({ length: 17 }, (_, at) => {
    const one = process(log, at + 1);
    const finished = one.attached.finish();
    return { ...one, finished };
  });
  const last = process(log, 99);
  await waiting[0]?.finished;
  expect(waiting.map(({ stdout }) => stdout.destroyed).filter(Boolean).length).toBe(2);
  expect(err.text()).toContain(
    "svc | web: nobody reads svc's output, and 16 ended processes wait to be read; the rest of what pid 1 wrote is dropped\n",
  );
  for (const { end } of [...waiting, last]) await end();
});

describe("values that are hidden", () => {
  test("never reach output, memory, followers or svc's words, also where they come in pieces", async () => {
    const { hub, out, err } = setup();
    const log = open(hub, "web");
    const seen: LogRecord[] = [];
    hub.follow(null, (records) => seen.push(...records));
    log.hide(["hunter22"]);
    const web = process(log);
    web.stdout.write("key hun");
    web.stdout.write("ter22!\nhunter22\n");
    web.stderr.write("rest hunter2");
    await web.end();
    hub.say("web said hunter22", log);
    hub.say("svc said hunter22");
    expect(out.text()).toBe("web | key ***!\nweb | ***\n");
    expect(err.text()).toBe("web | rest hunter2\nsvc | web said ***\nsvc | svc said ***\n");
    expect(JSON.stringify([seen, log.recent(100), hub.recent(100)])).not.toContain("hunter22");
  });

  test("a process keeps to the values that it was started with", async () => {
    const { hub, out } = setup();
    const log = open(hub, "web");
    log.hide(["first-value"]);
    const first = process(log);
    log.hide(["second-value"]);
    const second = process(log, 8);
    first.stdout.write("first-value\n");
    second.stdout.write("second-value\n");
    await Promise.all([first.end(), second.end()]);
    expect(out.text()).toBe("web | ***\nweb | ***\n");
  });
});
