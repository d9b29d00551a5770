import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";
import type { MethodName, ParamsOf, ResultOf } from "../../src/core/methods.ts";
import type { Row, ShownState } from "../../src/core/row.ts";
import { request, socketIn } from "./control.ts";
import { type Guard, guardProcesses } from "./guard.ts";
import { BIN, type Done, follow, ownVariables, type Running, type Variables } from "./running.ts";
import { until } from "./until.ts";

export { socketIn } from "./control.ts";
export { type Done, follow, type Running, type Variables } from "./running.ts";

export interface SpawnOptions {
  readonly env?: Variables;
  readonly cwd?: string;
  /** The node binary. Default: the one that runs the tests. */
  readonly node?: string;
}

/** A folder with a config, and runtime, state and cache folders that no other test shares. */
export interface Place {
  readonly path: string;
  readonly runtime: string;
  /** Writes a file, an object as JSON; returns its path. */
  write(name: string, content: unknown, mode?: number): string;
  /** The text of a file; empty where there is none. */
  read(name: string): string;
  lines(name: string): string[];
  exists(name: string): boolean;
  /** Runs the real program to its end. */
  svc(...args: readonly string[]): Promise<Done>;
  /** The same, not waited for, with other variables or in another folder. */
  spawn(args: readonly string[], options?: SpawnOptions): Running;
  /** Writes the services to `services.json`, starts a supervisor, and waits until it answers. */
  start(services: Services, ...args: readonly string[]): Promise<Running>;
  /** Waits until the supervisor of this place answers. */
  answers(): Promise<void>;
  ask<M extends MethodName>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>>;
  row(name: string): Promise<Row>;
  /** Waits until the service has the state. */
  has(name: string, state: ShownState): Promise<Row>;
  /** Waits until its row is as wished. */
  shows(name: string, wish: (row: Row) => boolean): Promise<Row>;
}

export type Services = Readonly<Record<string, unknown>>;

export interface Places extends Guard {
  readonly place: () => Place;
}

/** To be called once at the top of a test file: after each test nothing of it is left, neither processes nor files. */
export function usePlaces(): Places {
  const roots: string[] = [];
  // Hooks run in reverse order: the folders go after the processes that may write to them.
  afterEach(() => {
    for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
  });
  const guard = guardProcesses();
  const place = (): Place => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), "svc-e2e-")));
    roots.push(root);
    return createPlace(root, guard);
  };
  return { ...guard, place };
}

/** A command that a shell runs, written as a list so that svc does not split it. */
export function sh(script: string): string[] {
  return ["sh", "-c", script];
}

/** The path of a program that stands in the fixtures. */
export function fixture(name: string): string {
  return new URL(`../fixtures/${name}`, import.meta.url).pathname;
}

function createPlace(root: string, guard: Guard): Place {
  const path = join(root, "app");
  const runtime = join(root, "run");
  for (const folder of [path, runtime]) mkdirSync(folder, { mode: 0o700 });
  const env = { ...ownVariables(guard.env), HOME: root, XDG_RUNTIME_DIR: runtime };
  const read = (name: string): string => readOr(join(path, name), "");
  const write: Place["write"] = (name, content, mode = 0o644) => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content), { mode });
    return file;
  };
  const spawnSvc: Place["spawn"] = (args, options = {}) =>
    follow(spawn(options.node ?? process.execPath, [BIN, ...args], { cwd: options.cwd ?? path, env: { ...env, ...options.env } }));
  const ask: Place["ask"] = (method, params) => request(socketIn(runtime), method, params);
  const answers = (): Promise<void> => until(async () => (await ask("hello", {})).pid > 0, { what: "a supervisor that answers" }).then();
  const row = async (name: string): Promise<Row> => {
    const { services } = await ask("list", {});
    return services.find((one) => one.name === name) ?? fail(`no row ${name}`);
  };
  const shows: Place["shows"] = async (name, wish) => {
    let last: Row | null = null;
    const look = async (): Promise<Row | null> => {
      last = await row(name);
      return wish(last) ? last : null;
    };
    return (await until(look, { what: `${name} as ${wish}` }).catch((error) =>
      fail(`${error.message}; it is ${JSON.stringify(last)}`),
    )) as Row;
  };
  return {
    path,
    runtime,
    write,
    read,
    exists: (name) => existsSync(join(path, name)),
    lines: (name) => read(name).split("\n").filter(Boolean),
    svc: (...args) => spawnSvc(args).ended,
    spawn: spawnSvc,
    start: async (services, ...args) => {
      write("services.json", { services });
      const running = spawnSvc(["start", ...args]);
      await Promise.race([answers(), running.ended.then((done) => fail(`svc start ended: ${JSON.stringify(done)}`))]);
      return running;
    },
    answers,
    ask,
    row,
    shows,
    has: (name, state) => shows(name, (one) => one.state === state),
  };
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise;
  }
}

function fail(message: string): never {
  throw new Error(message);
}
