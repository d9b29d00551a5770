import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect as connectSocket, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { SvcError } from "../../../src/core/errors.ts";
import type { Hello } from "../../../src/core/methods.ts";
import { RPC_LIMITS } from "../../../src/core/protocol.ts";
import { type Client, connect } from "../../../src/effects/control/client.ts";
import type { Caller, Handler } from "../../../src/effects/control/dispatch.ts";
import { type ControlServer, createControlServer, type Limits } from "../../../src/effects/control/server.ts";

const MIB = 1024 * 1024;
const hello = { version: "1.2.3", pid: process.pid, config: "/shop/services.ts" };
const folder = mkdtempSync(join(tmpdir(), "svc-control-"));
const cleanups: (() => unknown)[] = [];
let count = 0;

afterAll(() => rmSync(folder, { recursive: true }));

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Started {
  readonly server: ControlServer;
  readonly path: string;
  readonly faults: unknown[];
}

async function serve(methods: Readonly<Record<string, Handler>> = {}, limits: Partial<Limits> = {}): Promise<Started> {
  const path = join(folder, `${++count}.sock`);
  const faults: unknown[] = [];
  const server = await createControlServer({
    path,
    hello,
    limits,
    methods: new Map(Object.entries(methods)),
    onFault: (error) => faults.push(error),
  });
  cleanups.push(() => server.close());
  return { server, path, faults };
}

interface Raw {
  readonly socket: Socket;
  send(value: unknown): void;
  /** The next line, parsed. */
  next(): Promise<unknown>;
  readonly closed: Promise<void>;
}

/** A client that may send anything. */
async function raw(path: string): Promise<Raw> {
  const socket = connectSocket(path);
  cleanups.push(() => socket.destroy());
  socket.on("error", () => {});
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      const take = waiting.shift();
      if (take) take(line);
      else lines.push(line);
    }
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return {
    socket,
    closed,
    send: (value) => socket.write(typeof value === "string" ? value : `${JSON.stringify(value)}\n`),
    next: async () => JSON.parse(lines.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)))),
  };
}

async function client(path: string): Promise<Client> {
  const found = await connect(path);
  if (!found) throw new Error(`nobody listens on ${path}`);
  cleanups.push(() => found.close());
  return found;
}

async function greet(path: string): Promise<Hello> {
  return await (await client(path)).hello;
}

/** Something that is no control server. */
async function listen(path: string, onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    cleanups.push(() => socket.destroy());
    onSocket(socket);
  });
  cleanups.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

const request = (id: unknown, method: string, params?: unknown) => ({ jsonrpc: "2.0", id, method, params });

describe("a request", () => {
  it("hello is answered with version, pid and config", async () => {
    const { path } = await serve();
    const one = await raw(path);
    one.send(request(1, "hello"));
    expect(await one.next()).toEqual({ jsonrpc: "2.0", id: 1, result: hello });
  });

  it.each([1, 0, -7, 1.5, "1", "", "ü", null])("the id %j comes back exactly", async (id) => {
    const { path } = await serve();
    const one = await raw(path);
    one.send(request(id, "hello"));
    expect(await one.next()).toEqual({ jsonrpc: "2.0", id, result: hello });
  });

  it("replies come as they finish, several on one connection", async () => {
    let finish = (): void => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { path } = await serve({ slow: () => slow.then(() => "slow"), quick: () => "quick" });
    const one = await raw(path);
    one.send(request("a", "slow"));
    one.send(request("b", "quick"));
    expect(await one.next()).toMatchObject({ id: "b", result: "quick" });
    finish();
    expect(await one.next()).toMatchObject({ id: "a", result: "slow" });
  });

  it("a notification gets no reply", async () => {
    const seen: unknown[] = [];
    const { path } = await serve({ note: (params) => void seen.push(params), quick: () => "quick" });
    const one = await raw(path);
    one.send({ jsonrpc: "2.0", method: "note", params: { a: 1 } });
    one.send(request(1, "quick"));
    expect(await one.next()).toMatchObject({ id: 1 });
    expect(seen).toEqual([{ a: 1 }]);
  });

  it("a batch is answered by one array, without its notifications", async () => {
    const { path } = await serve({ quick: () => "quick" });
    const one = await raw(path);
    one.send([request(1, "quick"), { jsonrpc: "2.0", method: "quick" }, 5, request(2, "nothing")]);
    const replies = (await one.next()) as { id: unknown }[];
    expect(replies.map((reply) => reply.id)).toEqual([1, null, 2]);
  });

  it("more requests than may run at once are all answered", async () => {
    const { path } = await serve({ quick: ({ n }) => n });
    const one = await raw(path);
    one.send(Array.from({ length: 500 }, (_, n) => JSON.stringify(request(n, "quick", { n }))).join("\n"));
    one.send("\n");
    for (let n = 0; n < 500; n++) expect(await one.next()).toEqual({ jsonrpc: "2.0", id: n, result: n });
  });

  it("a client that has closed its sending side still gets its reply", async () => {
    const { path } = await serve({ soon: () => new Promise((resolve) => setImmediate(() => setImmediate(() => resolve("late")))) });
    const one = await raw(path);
    one.socket.end(`${JSON.stringify(request(1, "soon"))}\n`);
    expect(await one.next()).toMatchObject({ id: 1, result: "late" });
    await one.closed;
  });
});

describe("an error", () => {
  const cases: readonly (readonly [name: string, line: string, code: number, id: unknown])[] = [
    ["text that is no JSON", "GET / HTTP/1.1\n", -32700, null],
    ["an empty line", "\n", -32700, null],
    ["a number", "5\n", -32600, null],
    ["no version", '{"id":1,"method":"hello"}\n', -32600, 1],
    ["a method that is no text", '{"jsonrpc":"2.0","id":1,"method":5}\n', -32600, 1],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"hello"}\n', -32600, null],
    ["an id that JSON cannot keep", '{"jsonrpc":"2.0","id":9007199254740993,"method":"hello"}\n', -32600, null],
    ["an empty batch", "[]\n", -32600, null],
    ["a batch of half a million", `[${"1,".repeat(500_000)}1]\n`, -32600, null],
    ["an unknown method", '{"jsonrpc":"2.0","id":1,"method":"lst"}\n', -32601, 1],
    ["a method called constructor", '{"jsonrpc":"2.0","id":1,"method":"constructor"}\n', -32601, 1],
    ["params by position", '{"jsonrpc":"2.0","id":1,"method":"list","params":[1]}\n', -32602, 1],
    ["a param that the method does not take", '{"jsonrpc":"2.0","id":1,"method":"list","params":{"path":"/etc"}}\n', -32602, 1],
    ["a param called __proto__", '{"jsonrpc":"2.0","id":1,"method":"list","params":{"__proto__":1}}\n', -32602, 1],
    ["a param of the wrong type", '{"jsonrpc":"2.0","id":1,"method":"stop","params":{"names":"web"}}\n', -32602, 1],
    ["a missing param", '{"jsonrpc":"2.0","id":1,"method":"status"}\n', -32602, 1],
  ];

  it.each(cases)("%s is refused, and the client may go on", async (_, line, code, id) => {
    const { path, faults } = await serve({ list: () => ({ services: [] }), stop: () => ({}), status: () => ({}) });
    const one = await raw(path);
    one.send(line);
    expect(await one.next()).toMatchObject({ id, error: { code } });
    one.send(request(2, "hello"));
    expect(await one.next()).toMatchObject({ id: 2, result: hello });
    expect(faults).toEqual([]);
  });

  it("a SvcError of a handler keeps its exit code and hint", async () => {
    const { path, faults } = await serve({
      status: () => {
        throw new SvcError('no such service: "wbe"', 4, { hint: 'did you mean "web"?' });
      },
    });
    const one = await raw(path);
    one.send(request(1, "status", { name: "wbe" }));
    const error = { code: -32004, message: 'no such service: "wbe"', data: { exitCode: 4, hint: 'did you mean "web"?' } };
    expect(await one.next()).toEqual({ jsonrpc: "2.0", id: 1, error });
    const other = await client(path);
    await expect(other.call("status", { name: "wbe" })).rejects.toMatchObject({ exitCode: 4, hint: 'did you mean "web"?' });
    expect(faults).toEqual([]);
  });

  it("an unexpected throw reaches the supervisor, and the client gets the message", async () => {
    const { path, faults } = await serve({ list: () => Promise.reject(new TypeError("x is not a function")) });
    const one = await raw(path);
    one.send(request(1, "list"));
    expect(await one.next()).toMatchObject({ error: { code: -32001, message: "x is not a function" } });
    expect(faults).toHaveLength(1);
  });
});

describe("a hostile client", () => {
  /** From now on time stands still, and between two looks all patience is lost: a busy machine takes none of it from who has time left. */
  const patience = () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    cleanups.push(() => vi.useRealTimers());
    return <T>(look: () => T) =>
      (): T => {
        vi.advanceTimersByTime(RPC_LIMITS.firstLineMs);
        return look();
      };
  };

  it("a line of 2 MiB is refused, and its client dropped", async () => {
    const { path } = await serve();
    const one = await raw(path);
    one.send(`${"x".repeat(2 * MIB)}\n`);
    expect(await one.next()).toMatchObject({ id: null, error: { code: -32600 } });
    await one.closed;
    expect(await greet(path)).toEqual(hello);
  });

  it("a message of exactly 1 MiB is taken", async () => {
    const { path } = await serve({ echo: ({ text }) => (text as string).length });
    const one = await raw(path);
    const bare = JSON.stringify(request(1, "echo", { text: "" }));
    const text = "x".repeat(MIB - bare.length);
    one.send(request(1, "echo", { text }));
    expect(await one.next()).toMatchObject({ id: 1, result: text.length });
  });

  it("half a line is dropped when its time is over", async () => {
    const { path } = await serve({}, { firstLineMs: 50 });
    const one = await raw(path);
    one.send('{"jsonrpc"');
    await one.closed;
  });

  it("a client that has said its first line may stay as long as it likes", async () => {
    const passes = patience();
    const { path } = await serve();
    const one = await raw(path);
    one.send(request(1, "hello"));
    await one.next();
    const silent = await raw(path);
    await expect.poll(passes(() => silent.socket.destroyed)).toBe(true);
    one.send(request(2, "hello"));
    expect(await one.next()).toMatchObject({ id: 2 });
  });

  it("of 70 connections 64 are served and 6 refused, and a free place is used again", async () => {
    const { path } = await serve();
    const all = await Promise.all(Array.from({ length: 70 }, () => raw(path)));
    for (const one of all) one.send(request(1, "hello"));
    const replies = await Promise.all(all.map((one) => one.next()));
    expect(replies.filter((reply) => "result" in (reply as object))).toHaveLength(64);
    const refused = replies.filter((reply) => "error" in (reply as object));
    expect(refused).toHaveLength(6);
    expect(refused[0]).toMatchObject({ id: null, error: { code: -32001, message: "too many clients: at most 64 at once" } });
    await expect(greet(path)).rejects.toThrow("too many clients");
    for (const one of all) one.socket.destroy();
    await expect.poll(() => greet(path).catch(() => null)).toEqual(hello);
  });

  it("one that asks and never reads costs bounded memory, is dropped, and disturbs nobody", async () => {
    const callers: Caller[] = [];
    const big = "x".repeat(64 * 1024);
    const answer: Handler = (_, caller) => {
      callers.push(caller);
      return big;
    };
    const passes = patience();
    const { path } = await serve({ big: answer });
    const one = connectSocket(path);
    cleanups.push(() => one.destroy());
    one.on("error", () => {});
    one.pause();
    for (let n = 0; n < 2000; n++) one.write(`${JSON.stringify(request(n, "big"))}\n`);
    await expect.poll(() => callers.length).toBeGreaterThan(15);
    expect(await greet(path)).toEqual(hello);
    await expect.poll(passes(() => callers[0]?.signal.aborted)).toBe(true);
    // 1 MiB, what may be in flight at once, and what the kernel's socket buffers hold.
    expect(callers.length).toBeLessThan(100);
  });

  it("bytes that come one by one are put together", async () => {
    const { path } = await serve();
    const one = await raw(path);
    one.socket.setNoDelay(true);
    for (const letter of `${JSON.stringify(request(1, "hello"))}\n`) {
      one.send(letter);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await one.next()).toMatchObject({ id: 1, result: hello });
  });
});

describe("a follower", () => {
  it("gets its records after the reply, in order", async () => {
    const { path } = await serve({
      logs: (_, caller) => {
        const follow = caller.follow("log");
        follow.send({ line: "early" });
        queueMicrotask(() => follow.send({ line: "late" }));
        return { records: [] };
      },
    });
    const one = await raw(path);
    one.send(request(1, "logs", { names: [], follow: true }));
    expect(await one.next()).toMatchObject({ id: 1, result: { records: [] } });
    expect(await one.next()).toMatchObject({ method: "log", params: { line: "early" } });
    expect(await one.next()).toMatchObject({ method: "log", params: { line: "late" } });
  });

  /** One that has taken nothing of 4,000 records of a kilobyte each. */
  async function behind() {
    let caller: Caller | null = null;
    let send = (_: unknown): void => {};
    const { path, server } = await serve({
      logs: (_, from) => {
        caller = from;
        send = from.follow("log").send;
      },
    });
    const one = await raw(path);
    one.send(request(1, "logs"));
    await one.next();
    one.socket.pause();
    const sent = 4000;
    for (let n = 0; n < sent; n++) send({ n, line: "x".repeat(1024) });
    return { one, sent, send, server, caller };
  }

  it("one that is more than 1 MiB behind is told how many records it has missed", async () => {
    const { one, sent, send, caller } = await behind();
    one.socket.resume();
    const got: number[] = [];
    let missed = 0;
    while (got.length + missed < sent) {
      const { params } = (await one.next()) as { params: { n?: number; dropped?: number } };
      if (params.dropped === undefined) got.push(params.n ?? -1);
      else missed += params.dropped;
    }
    expect(missed).toBeGreaterThan(1000);
    expect(got).toEqual(got.map((_, index) => index));
    send({ n: sent });
    expect(await one.next()).toMatchObject({ params: { n: sent } });
    expect(caller).toMatchObject({ signal: { aborted: false } });
  });

  it("one that is behind when the server closes is still told what it has missed", async () => {
    const { one, sent, server } = await behind();
    const closing = server.close();
    one.socket.resume();
    let told = 0;
    while (told < sent) told += ((await one.next()) as { params: { dropped?: number } }).params.dropped ?? 1;
    expect(told).toBe(sent);
    await closing;
  });

  it("the handler learns that its client went away", async () => {
    let gone = (): void => {};
    const left = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const { path } = await serve({ events: (_, { signal }) => void signal.addEventListener("abort", () => gone()) });
    const one = await raw(path);
    one.send(request(1, "events"));
    await one.next();
    one.socket.destroy();
    await left;
  });
});

describe("the server", () => {
  it("its socket has mode 0600, whatever the umask", async () => {
    const before = process.umask(0);
    cleanups.push(() => process.umask(before));
    const { path } = await serve();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(process.umask()).toBe(0);
  });

  it("replaces a dead one's socket", async () => {
    const path = join(folder, "dead.sock");
    const dead = await listen(path, () => {});
    // Closing would remove the file.
    renameSync(path, `${path}.kept`);
    await new Promise((resolve) => dead.close(resolve));
    renameSync(`${path}.kept`, path);
    expect(await connect(path)).toBeNull();
    const server = await createControlServer({ path, hello, methods: new Map(), onFault: () => {} });
    cleanups.push(() => server.close());
    expect(await greet(path)).toEqual(hello);
  });

  it("does not take a socket on which another process listens", async () => {
    const { path } = await serve();
    const second = createControlServer({ path, hello, methods: new Map(), onFault: () => {} });
    await expect(second).rejects.toMatchObject({ exitCode: 1, message: `cannot listen on ${path}: another process listens there` });
    expect(await greet(path)).toEqual(hello);
  });

  it("does not replace a file that is no socket", async () => {
    const path = join(folder, "notes.txt");
    writeFileSync(path, "mine");
    const refused = createControlServer({ path, hello, methods: new Map(), owned: true, onFault: () => {} });
    await expect(refused).rejects.toMatchObject({ exitCode: 2 });
    expect(statSync(path).size).toBe(4);
  });

  it("does not cut a path that is too long", async () => {
    const path = join(folder, "x".repeat(108));
    const refused = createControlServer({ path, hello, methods: new Map(), onFault: () => {} });
    await expect(refused).rejects.toMatchObject({ exitCode: 2, hint: "name a shorter one with --socket" });
  });

  it("sends the reply that ends it, and removes its socket", async () => {
    let stop: (() => void) | null = null;
    const { path, server } = await serve({
      stop: () =>
        new Promise((resolve) => {
          stop = () => resolve({ stopped: ["web"], note: null });
        }),
    });
    const one = await client(path);
    const reply = one.call("stop", { names: [] });
    await expect.poll(() => stop).not.toBeNull();
    stop!();
    await server.close();
    expect(await reply).toEqual({ stopped: ["web"], note: null });
    await one.closed;
    expect(await connect(path)).toBeNull();
  });
});

describe("the client", () => {
  it("nobody there is an answer", async () => {
    expect(await connect(join(folder, "none.sock"))).toBeNull();
  });

  it("a listener that says nothing ends in an error that says so", async () => {
    const path = join(folder, "mute.sock");
    await listen(path, () => {});
    const message = `cannot talk to ${path}: what listens there did not answer`;
    const one = await connect(path, { helloMs: 50 });
    await expect(one?.call("list", {})).rejects.toThrow(message);
    await expect(one?.hello).rejects.toThrow(message);
  });

  it("a listener that is no svc ends in an error that says so", async () => {
    const path = join(folder, "http.sock");
    await listen(path, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await expect(greet(path)).rejects.toThrow(`cannot talk to ${path}: what listens there is no svc`);
  });

  it("a supervisor that goes away while it is asked is an error, not a hang", async () => {
    const { path, server } = await serve({ wait: () => new Promise(() => {}) });
    const one = await client(path);
    const reply = one.call("wait", { name: "web", for: "running" });
    const outcome = expect(reply).rejects.toThrow("the supervisor closed the connection before it answered");
    await server.close();
    await outcome;
  });

  it("hands notifications over as they come, and takes a reply of many megabytes", async () => {
    const records = Array.from({ length: 3000 }, (_, n) => ({ n, line: "ü".repeat(1024) }));
    const { path } = await serve({
      logs: (_, caller) => {
        caller.notify("progress", { waiting: ["web"] });
        return { records };
      },
    });
    const one = await client(path);
    const seen: unknown[] = [];
    const reply = await one.call("logs", { names: [] }, (method, params) => seen.push([method, params]));
    expect(reply.records).toEqual(records);
    expect(seen).toEqual([["progress", { waiting: ["web"] }]]);
  });
});
