import type { ChildProcess } from "node:child_process";
import { collect } from "./output.ts";
import { until } from "./until.ts";

/** The real program, as the tests start it. */
export const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;

/** Variables that would reach into a test from the shell it was started in; SVC_NO_NATIVE=1 is to: it hides the native part. */
const FOREIGN = /^(SVC_(?!NO_NATIVE$)|XDG_|NODE_OPTIONS$|NO_COLOR$|FORCE_COLOR$|TERM$|TMPDIR$)/;

export type Variables = Readonly<Record<string, string>>;

export interface Done {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<Done>;
  /** Waits for a text on stdout or stderr. What was said has no order with what a socket or a file tells. */
  says(pattern: string | RegExp): Promise<void>;
  /** Waits until each of these services has written its line "ready". */
  ready(...services: readonly string[]): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** The environment of the tests without what would reach into them, and with a terminal that svc knows. */
export function ownVariables(env: Variables): Record<string, string> {
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !FOREIGN.test(name))), TERM: "xterm" };
}

export function follow(process: ChildProcess): Running {
  const [stdout, stderr] = [collect(process.stdout!), collect(process.stderr!)];
  let isOver = false;
  const ended = new Promise<Done>((resolve, reject) => {
    process.on("error", reject);
    process.on("close", (code, signal) => {
      isOver = true;
      resolve({ code, signal, stdout: stdout.text(), stderr: stderr.text() });
    });
  });
  const says = async (pattern: string | RegExp): Promise<void> => {
    const said = (): boolean =>
      [stdout, stderr].some((one) => (typeof pattern === "string" ? one.text().includes(pattern) : pattern.test(one.text())));
    // What has ended will say no more.
    await until(() => said() || isOver, { what: `${pattern}` }).catch(() => {});
    if (!said()) throw new Error(`no ${pattern} in the output:\n${stdout.text()}${stderr.text()}`);
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
