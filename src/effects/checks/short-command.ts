import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { execa as Execa } from "execa";
import { formatDuration } from "../../core/duration.ts";
import type { Command } from "../../core/spec.ts";
import { SpawnError } from "../child.ts";
import { needDescriptors } from "../spawn/node.ts";
import { findProgram } from "../spawn/program.ts";
import { killGroupOf } from "../tree/signal.ts";
import type { OpenTag, Tag } from "../tree/tag.ts";

export interface ShortCommand {
  readonly command: Command;
  readonly cwd: string;
  /** The whole environment; its PATH is the one in which the program is looked up. */
  readonly env: Readonly<Record<string, string>>;
  /** The command and its group are killed after so many milliseconds. */
  readonly timeoutMs: number;
  /** Kills them at once. */
  readonly signal?: AbortSignal | undefined;
  /** Ends what has left the group, after a command that was cut short; `leader` is the pid that it had. */
  readonly endTree?: ((leader: number) => Promise<unknown>) | undefined;
  /** How its descendants are known. What has the tag ends with the command, whichever way that ends. Default: not at all. */
  readonly openTag?: OpenTag | undefined;
  /** Is told of the group as soon as it is there; what it returns is called when nobody is left in it. */
  readonly onStarted?: ((leader: number) => () => void) | undefined;
  /** Is given both outputs. Without it they go to /dev/null. */
  readonly onOutput?: ((output: Readable) => void) | undefined;
}

export type ShortEnding =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: string }
  | { readonly kind: "timeout"; readonly afterMs: number }
  | { readonly kind: "aborted" }
  /** `code`: the system's own word for it, such as ENOENT. */
  | { readonly kind: "cannot-start"; readonly code: string; readonly message: string };

/** How long a descendant that has left the group may hold the output open, in milliseconds. */
const DRAIN_MS = 500;
/** Two for each pipe, for the tag and for Node's report of the exec, and one each for /dev/null and a look at /proc. */
const DESCRIPTORS = 11;

/**
 * Runs a command that is expected to end soon, in a group of its own. Whatever the end was, the group is killed then: nothing
 * in it outlives the command. Resolves at the end of the command itself, whoever still holds its output. Never rejects.
 */
export async function runShort(run: ShortCommand): Promise<ShortEnding> {
  try {
    const file = findProgram({ argv: run.command.argv, cwd: run.cwd, env: run.env });
    // Loaded here because it costs 13 MB, and few configs have such a command.
    const { execa } = await import("execa");
    // From Node 22 on execa throws there and leaves a process without a listener for its error, which would end svc.
    needDescriptors(DESCRIPTORS, run.command.argv[0] ?? "");
    if (run.signal?.aborted) return { kind: "aborted" };
    const tag = run.openTag?.();
    const started = startWith(tag, (fd) => start(execa, file, run, fd));
    return await supervise(started, run, tag);
  } catch (error) {
    const known = error instanceof SpawnError ? error : new SpawnError((error as NodeJS.ErrnoException).code ?? "EINVAL", String(error));
    return { kind: "cannot-start", code: known.code, message: known.message };
  }
}

/** The ending as what follows the command's name in a sentence. */
export function describeEnding(ending: ShortEnding): string {
  switch (ending.kind) {
    case "exited":
      return `exited ${ending.code}`;
    case "killed":
      return `was killed by ${ending.signal}`;
    case "timeout":
      return `took longer than ${formatDuration(ending.afterMs)}`;
    case "aborted":
      return "was cancelled";
    case "cannot-start":
      return ending.message;
  }
}

interface Started {
  readonly child: ChildProcess;
  /** For a child without a pid: the error's code. */
  readonly failure: () => Promise<string>;
}

function startWith(tag: Tag | undefined, begin: (fd: number | undefined) => Started): Started {
  try {
    return begin(tag?.fd);
  } finally {
    tag?.handedOn();
  }
}

function start(execa: typeof Execa, file: string, run: ShortCommand, tag: number | undefined): Started {
  const output = run.onOutput === undefined ? "ignore" : "pipe";
  const running = execa(file, run.command.argv.slice(1), {
    argv0: run.command.argv[0] ?? file,
    cwd: run.cwd,
    env: run.env,
    extendEnv: false,
    detached: true,
    // Its types leave out that a descriptor after the first three may be one of this process, too.
    stdio: ["ignore", output, output, ...((tag === undefined ? [] : [tag]) as unknown[] as "ignore"[])],
    buffer: false,
    reject: false,
  });
  return { child: running as unknown as ChildProcess, failure: async () => (await running).code ?? "EINVAL" };
}

async function supervise({ child, failure }: Started, run: ShortCommand, tag: Tag | undefined): Promise<ShortEnding> {
  if (child.pid === undefined) {
    throw new SpawnError(await failure(), run.command.argv[0] ?? "");
  }
  const leader = child.pid;
  const forget = run.onStarted?.(leader);
  const outputs = [child.stdout, child.stderr].filter((output) => output !== null);
  const drained = Promise.all(outputs.map(closing));
  for (const output of outputs) {
    run.onOutput?.(output);
  }
  const ending = await endOf(child, leader, run);
  killGroupOf(leader);
  forget?.();
  if (ending.kind === "timeout" || ending.kind === "aborted") {
    await run.endTree?.(leader);
  }
  await tag?.endHolders();
  const timer = setTimeout(() => outputs.map((output) => output.destroy()), DRAIN_MS);
  await drained;
  clearTimeout(timer);
  return ending;
}

function endOf(child: ChildProcess, leader: number, run: ShortCommand): Promise<ShortEnding> {
  const { signal, timeoutMs } = run;
  return new Promise<ShortEnding>((resolve) => {
    let cut: ShortEnding | null = null;
    const cutShort = (ending: ShortEnding): void => {
      cut = ending;
      killGroupOf(leader);
    };
    const timer = setTimeout(() => cutShort({ kind: "timeout", afterMs: timeoutMs }), timeoutMs);
    const abort = (): void => cutShort({ kind: "aborted" });
    signal?.addEventListener("abort", abort, { once: true });
    // Not execa's own promise, which waits for whoever holds the output.
    child.once("exit", (code, name) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      resolve(cut ?? (name === null ? { kind: "exited", code: code ?? 0 } : { kind: "killed", signal: name }));
    });
  });
}

function closing(output: Readable): Promise<void> {
  return new Promise((resolve) => {
    output.on("error", () => {}).once("close", resolve);
  });
}
