import { type ChildProcess, spawn } from "node:child_process";
import { dirname, resolve } from "node:path";
import type { Readable } from "node:stream";
import { type DetachedNews, readNews } from "../../core/detached.ts";
import { EXIT, SvcError } from "../../core/errors.ts";
import { withoutMarkers } from "../../core/marker.ts";
import { cureFor } from "../../core/shortage.ts";
import { findConfig } from "../../effects/config/find.ts";
import type { GlobalOptions, Invocation } from "../command.ts";
import { Interrupted } from "../interrupted.ts";
import { say } from "../output.ts";
import { type ProgressLine, remark, showProgress } from "../progress.ts";
import { onInterrupt } from "../signals.ts";

/** Only the last word. */
export type Outcome = Exclude<DetachedNews, { kind: "waiting" | "warning" }>;

const GOES_ON = "no longer waiting; the start goes on in the background (see svc list)";

/** Starts a supervisor in the background and waits until all is up. Ctrl-C ends only the wait. */
export async function startDetached(invocation: Invocation): Promise<Outcome> {
  const child = launch(invocation);
  let settle = (): void => {};
  const { quiet } = invocation.global;
  const interrupted = new Promise<never>((_, reject) => {
    settle = onInterrupt(() => reject(new Interrupted(quiet ? null : GOES_ON)));
  });
  const progress = quiet || !process.stderr.isTTY ? null : showProgress([]);
  const warn = (line: string): void => {
    if (!quiet) remark(`svc: ${line}`, progress);
  };
  try {
    return await Promise.race([lastWord(child, progress, warn), interrupted]);
  } finally {
    settle();
    progress?.end();
    newsPipe(child)?.destroy();
    child.unref();
  }
}

/** What is shown of a supervisor that has come up. */
export async function showStarted(global: GlobalOptions, { socket, pid }: Extract<Outcome, { kind: "up" }>): Promise<number> {
  if (global.quiet) return EXIT.done;
  if (socket === null) {
    say(global, `all services are up; no folder is writable for a control socket, so only \`kill ${pid}\` stops svc`);
    return EXIT.done;
  }
  const { run } = await import("../commands/list.ts");
  try {
    return await run({ args: [], options: new Map(), global: { ...global, socket } });
  } catch (error) {
    if (!(error instanceof SvcError)) throw error;
    say(global, "all services have completed, and svc has ended");
    return EXIT.done;
  }
}

/**
 * A session of its own, so that the terminal's end is none of its business; no descriptor of this process but the pipe for its
 * news and, until the config is read, stderr; the config's folder as its own, and the umask as it is.
 */
function launch({ args, options, global }: Invocation): ChildProcess {
  const config = findConfig({ cwd: process.cwd(), file: global.config, env: process.env });
  const socket = global.socket ?? (process.env.SVC_SOCKET || undefined);
  const words = [
    ...["start", "--background", "--config", config],
    ...(socket === undefined ? [] : ["--socket", resolve(socket)]),
    ...(global.color ? [] : ["--no-color"]),
    ...[...options].filter(([name]) => !TAKEN.has(name)).flatMap(wordsOf),
    ...["--", ...args],
  ];
  return spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...words], {
    cwd: dirname(config),
    env: withoutMarkers(process.env),
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "pipe", 2],
  });
}

/** Said anew above, or meant for this command. */
const TAKEN: ReadonlySet<string> = new Set(["detach", "config", "socket", "no-color", "quiet"]);

function wordsOf([name, value]: readonly [string, unknown]): string[] {
  return value === true ? [`--${name}`] : [`--${name}`, String(value)];
}

async function lastWord(child: ChildProcess, progress: ProgressLine | null, warn: (line: string) => void): Promise<Outcome> {
  const ended = new Promise<Pick<SvcError, "message" | "hint">>((done) => {
    child.once("error", (error) => done({ message: `cannot start svc in the background: ${error.message}`, hint: cureFor(error) }));
    child.once("exit", (code, signal) => {
      done({ message: `svc ended in the background before all was up (${signal ?? `exit code ${code}`})`, hint: null });
    });
  });
  for await (const news of newsOf(child)) {
    if (news.kind === "warning") warn(news.line);
    else if (news.kind !== "waiting") return news;
    else progress?.update(news.more === 0 ? news.names : [...news.names, `${news.more} more`]);
  }
  return { kind: "failed", ...(await ended), exitCode: EXIT.failed };
}

async function* newsOf(child: ChildProcess): AsyncGenerator<DetachedNews> {
  const pipe = newsPipe(child);
  if (!pipe) return;
  let rest = "";
  for await (const text of pipe.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const news = readNews(line);
      if (news !== null) yield news;
    }
  }
}

/** Where descriptors have run out, there is not even a list. */
function newsPipe(child: ChildProcess): Readable | null | undefined {
  return (child.stdio as ChildProcess["stdio"] | undefined)?.[3] as Readable | null | undefined;
}
