import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import type { Row, ShownState } from "../../src/core/row.ts";
import { request, socketIn } from "./control.ts";
import { createGuard, type OwnGuard } from "./guard.ts";
import { BIN, type Done, follow, ownVariables, type Running } from "./running.ts";
import { until } from "./until.ts";

export type { Done, Running } from "./running.ts";

const FIXTURES = new URL("../fixtures/services/", import.meta.url).pathname;

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
  /** Where the one supervisor here listens. */
  socket(): string;
  /** The rows that the one supervisor here answers with: those of `svc list --json`. */
  list(): Promise<readonly Row[]>;
  /** Waits until they show the service in this state. */
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
  const env = { ...ownVariables(guard.env), HOME: root, XDG_RUNTIME_DIR: runtime, svc: `${process.execPath} ${BIN}` };
  const write: Stage["write"] = (name, content, mode = 0o644) => {
    const file = join(path, name);
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content), { mode });
    return file;
  };
  // `detached` is a session of its own: otherwise svc would have the terminal in which the tests run.
  const run: Stage["run"] = (...args) => follow(spawn(process.execPath, [BIN, ...args], { cwd: path, env, detached: true }));
  const socket: Stage["socket"] = () => socketIn(runtime);
  const list: Stage["list"] = async () => (await request(socket(), "list", {})).services;
  return {
    path,
    env,
    write,
    run,
    socket,
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

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
