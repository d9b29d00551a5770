import { EXIT, SvcError } from "../core/errors.ts";
import type { FromHost, ServeRequest, ToHost } from "../core/host-messages.ts";
import { createClock } from "../effects/clock.ts";
import type { ScheduledTask } from "../effects/task/scheduled-task.ts";
import { serveTask } from "../effects/task/serve-task.ts";
import { describeThrown, type TaskEnd } from "../effects/task/task.ts";
import { findService, inlineDigest } from "./find-service.ts";

/**
 * The program of a TypeScript service's process. It is told over the channel what to run, runs it, and ends with it. Errors
 * that nobody catches are left to Node: it prints the stack and exits with 1.
 */

/** The stop that was asked; kept, so that one which comes before `run()` began is not lost. */
let stopAsked = false;
let task: ScheduledTask | null = null;

/** Whether the service is loaded: how long that takes says nothing about whether it works. */
let loaded = false;
/** svc has asked, and waits for the load to end. */
let askedForLife = false;

process.on("message", (message: ToHost) => {
  if (message?.svc === "serve") void serve(message.request);
  if (message?.svc === "stop") stop();
  if (message?.svc === "run") task?.runNow();
  if (message?.svc === "live") showLife();
});
// Nobody is left to stop this service, so its whole group ends: at once, as nobody could wait for it.
process.on("disconnect", endGroup);
process.on("SIGTERM", stop);
if (!process.connected) refuse();

async function serve(request: ServeRequest): Promise<void> {
  // What a service may look at: itself, as if it had been run.
  process.argv.splice(1, process.argv.length, request.work.file);
  listenTo(request.stopSignal);
  const work = await findService(request.work).catch((error: unknown) => failToLoad(error, request));
  if (stopAsked) return end(EXIT.done);
  tellFound(request, work);
  loaded = true;
  if (askedForLife) showLife();
  const output = {
    out: (line: string) => void process.stdout.write(`${line}\n`),
    err: (line: string) => void process.stderr.write(`${line}\n`),
  };
  task = serveTask(request, { work, clock: createClock(), output, tell: (message) => void process.send?.(message) });
  await settle(await task.ended);
}

/** SIGTERM asks for a stop too, whoever sends it. */
function listenTo(stopSignal: string): void {
  if (!["SIGTERM", "SIGKILL", "SIGSTOP"].includes(stopSignal)) process.on(stopSignal as NodeJS.Signals, stop);
  const listening: FromHost = { svc: "listening" };
  process.send?.(listening);
}

/** The config may have been edited since svc has read it. */
function tellFound({ work: { kind } }: ServeRequest, service: unknown): void {
  const found: FromHost = { svc: "found", hash: inlineDigest(service) };
  if (kind === "inline") process.send?.(found);
}

function showLife(): void {
  askedForLife = true;
  const alive: FromHost = { svc: "alive" };
  if (loaded) process.send?.(alive);
}

function stop(): void {
  stopAsked = true;
  if (task === null) void end(EXIT.done);
  else task.stop();
}

async function settle(ended: TaskEnd): Promise<void> {
  if (ended.ok) return end(EXIT.done);
  process.stderr.write(`${describeThrown(ended.error)}\n`);
  return end(EXIT.failed);
}

async function failToLoad(error: unknown, { work }: ServeRequest): Promise<never> {
  const { describeFailure } = await import("./failure.ts");
  const reason = error instanceof SvcError ? sentence(error) : `cannot load ${work.label}: ${await describeFailure(error, work)}`;
  process.stderr.write(`${reason}\n`);
  return end(EXIT.failed);
}

function sentence({ message, hint }: SvcError): string {
  return hint === null ? message : `${message}; ${hint}`;
}

/** Whatever handles are open; but what was printed gets out first. An exit code that the service has set itself is its own. */
async function end(code: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(flush));
  process.exit(code === EXIT.done ? undefined : code);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) return resolve();
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}

function endGroup(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    // No group of its own: it was not svc that started it.
    process.exit(EXIT.failed);
  }
}

function refuse(): void {
  process.stderr.write("cannot serve: this program is started by svc, which tells it what to run\n");
  process.exitCode = EXIT.usage;
}
