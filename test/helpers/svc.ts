import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import type { Row, ShownState } from "../../src/core/row.ts";
import { createGuard, type OwnGuard } from "./guard.ts";
import { collect } from "./output.ts";
import { until } from "./until.ts";

const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const FIXTURES = new URL("../fixtures/services/", import.meta.url).pathname;

/** Variables that would reach into a test from the shell it was started in; SVC_NO_NATIVE=1 is to: it hides the native part. */
const FOREIGN = /^(SVC_(?!NO_NATIVE$)|XDG_|NODE_OPTIONS$|NO_COLOR$|FORCE_COLOR$|TERM$|TMPDIR$)/;

export interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<Done>;
  /** Waits until the output (stdout and stderr) has a text that matches. */
  says(pattern: RegExp): Promise<void>;
  /** Waits until each of these services has written its line "ready". */
  ready(...services: readonly string[]): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export interface Config {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [key: string]: unknown;
}

/** A folder of its own with a config, and a user's folders that no other test shares. */
export interface Stage {
  readonly path: string;
  /** Writes a file, an object as JSON; returns its path. */
  write(name: string, content: unknown, mode?: number): string;
  /** The lines of a file; none where it does not exist. */
  lines(name: string): string[];
  /** Runs `svc` with these arguments, without a controlling terminal. */
  run(...args: readonly string[]): Running;
  /** The same, to its end. */
  svc(...args: readonly string[]): Promise<Done>;
  /** Writes the config and runs `svc start` on it. */
  start(config: Config, ...args: readonly string[]): Running;
  /** Runs a shell's command line in a terminal, in which `$svc` is svc. What is written to its stdin is typed. */
  terminal(command: string, env?: Readonly<Record<string, string>>): Running;
  /** The environment of what is started here. */
  readonly env: Readonly<Record<string, string>>;
  /** The rows of `svc list --json`. */
  list(): Promise<Row[]>;
  /** Waits until `svc list --json` shows the service in this state. */
  shows(name: string, state: ShownState): Promise<Row>;
  /** Everything that was started here and lives. */
  left(): number[];
}

/** Tests whose stage is cleared when they have ended, whichever way; they may run beside each other. */
export const test = base.extend("stage", async ({ task: _ }, { onCleanup }): Promise<Stage> => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "svc-stage-")));
  const guard = createGuard();
  onCleanup(async () => {
    await guard.end();
    rmSync(root, { recursive: true, force: true });
  });
  return createStage(root, guard);
});

/** The command of a fixture: a shell script that is named for what it does. */
export function does(name: string, ...args: readonly (string | number)[]): string[] {
  return ["sh", `${FIXTURES}${name}.sh`, ...args.map(String)];
}

function createStage(root: string, guard: OwnGuard): Stage {
  const path = join(root, "app");
  const runtime = join(root, "run");
  for (const folder of [path, runtime]) mkdirSync(folder, { mode: 0o700 });
  const inherited = Object.entries(guard.env).filter(([name]) => !FOREIGN.test(name));
  const env = { ...Object.fromEntries(inherited), HOME: root, XDG_RUNTIME_DIR: runtime, TERM: "xterm", svc: `${process.execPath} ${BIN}` };
  const write: Stage["write"] = (name, content, mode = 0o644) => {
    const file = join(path, name);
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content), { mode });
    return file;
  };
  // `detached` is a session of its own: otherwise svc would have the terminal in which the tests run.
  const run: Stage["run"] = (...args) => follow(spawn(process.execPath, [BIN, ...args], { cwd: path, env, detached: true }));
  const list = async (): Promise<Row[]> => JSON.parse((await run("list", "--json").ended).stdout);
  return {
    path,
    env,
    write,
    run,
    list,
    lines: (name) => linesOf(join(path, name)),
    svc: (...args) => run(...args).ended,
    start: (config, ...args) => {
      write("services.json", config);
      return run("start", ...args);
    },
    terminal: (command, more = {}) =>
      follow(spawn("script", ["-qfec", command, "/dev/null"], { cwd: path, env: { ...env, SHELL: "/bin/sh", ...more }, detached: true })),
    shows: async (name, state) =>
      (await until(async () => (await list()).find((row) => row.name === name && row.state === state), { what: `${name} ${state}` }))!,
    left: guard.left,
  };
}

function follow(process: ChildProcess): Running {
  const [stdout, stderr] = [collect(process.stdout!), collect(process.stderr!)];
  const ended = new Promise<Done>((resolve, reject) => {
    process.on("error", reject);
    process.on("close", (code) => resolve({ code, stdout: stdout.text(), stderr: stderr.text() }));
  });
  const all = (): string => stdout.text() + stderr.text();
  const says = async (pattern: RegExp): Promise<void> => {
    let over = false;
    void ended.then(() => {
      over = true;
    });
    // What has ended will say no more.
    await until(() => over || pattern.test(all()), { what: `${pattern}` }).catch(() => {});
    if (!pattern.test(all())) throw new Error(`no ${pattern} in the output:\n${all()}`);
  };
  return {
    pid: process.pid!,
    process,
    stdout: stdout.text,
    stderr: stderr.text,
    ended,
    says,
    ready: async (...services) => {
      for (const service of services) await says(new RegExp(`^(\\x1b\\[\\d+m)?${service} +[|│](\\x1b\\[0m)? ready`, "m"));
    },
    kill: (signal) => void process.kill(signal),
  };
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
