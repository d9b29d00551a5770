import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { WatchNews, WatchRequest } from "../core/watching.ts";
import type { Clock } from "./clock.ts";
import { ownFile } from "./own-files.ts";
import { QUIET_LOADING } from "./spawn/quiet-loading.ts";

const SCRIPT = ownFile("host/watch.cjs");

export interface WatcherOptions {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly request: WatchRequest;
  readonly onNews: (news: WatchNews) => void;
  /** It has ended, and will be started again; said once. */
  readonly onLost: (reason: string) => void;
}

export interface Watcher {
  close(): void;
}

/** One that ends is started again at once; from the second in a row that does not live as long as this, after as long. */
const SHORT_LIFE_MS = 5_000;
/** A path is at most 4096 bytes; beyond this nobody writes news any more. */
const MAX_LINE = 65_536;

/** Watches in a process of its own until it is closed, or svc ends. It keeps nobody alive. */
export function startWatcher(options: WatcherOptions): Watcher {
  let child: ChildProcess | null = null;
  let closed = false;
  let lost = false;
  let shortLives = 0;
  let disarm = (): void => {};

  const start = (): void => {
    const since = options.clock.monotonic();
    child = launch(options);
    const gone = (reason: string): void => {
      child = null;
      if (closed) return;
      if (!lost) options.onLost(reason);
      lost = true;
      shortLives = options.clock.monotonic() - since < SHORT_LIFE_MS ? shortLives + 1 : 0;
      disarm = options.clock.arm(shortLives > 1 ? SHORT_LIFE_MS : 0, start, { ref: false });
    };
    if (child.pid === undefined) child.once("error", ({ message }) => gone(message));
    else child.once("exit", (code, signal) => gone(signal ?? `exit code ${code}`));
  };

  start();
  return {
    close: () => {
      closed = true;
      disarm();
      child?.kill("SIGKILL");
    },
  };
}

function launch({ env, request, onNews }: WatcherOptions): ChildProcess {
  const child: ChildProcess = spawn(process.execPath, [...QUIET_LOADING, SCRIPT], {
    cwd: "/",
    env,
    // A session of its own: a Ctrl-C in svc's terminal is for svc.
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.unref();
  const [stdin, stdout] = [child.stdin, child.stdout] as readonly (Socket | null)[];
  for (const pipe of [stdin, stdout]) pipe?.on("error", () => {}).unref();
  stdin?.write(`${JSON.stringify(request)}\n`);
  let rest = "";
  stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) onNews(JSON.parse(line) as WatchNews);
  });
  return child;
}
