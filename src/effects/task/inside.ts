import { PassThrough } from "node:stream";
import type { ServeRequest, ToHost } from "../../core/host-messages.ts";
import type { Child, Exit } from "../child.ts";
import type { Clock } from "../clock.ts";
import type { ScheduledTask } from "./scheduled-task.ts";
import { serveTask } from "./serve-task.ts";
import { describeThrown } from "./task.ts";

/**
 * A service in this very process, behind the face of a child: svc talks to it as to a host. It cannot be killed; what svc
 * kills is given up, and told by `onGivenUp`.
 */
export function startInside(work: unknown, { clock, onGivenUp }: { readonly clock: Clock; readonly onGivenUp: () => void }): Child {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let task: ScheduledTask | null = null;
  let listener = (_message: unknown): void => {};
  let exit = (_exit: Exit): void => {};
  const exited = new Promise<Exit>((resolve) => {
    exit = resolve;
  });
  const end = (code: number): void => {
    for (const stream of [stdout, stderr]) stream.end();
    exit({ code, signal: null });
  };
  const serve = async (request: ServeRequest): Promise<void> => {
    const output = { out: writer(stdout), err: writer(stderr) };
    task = serveTask(request, { work, clock, output, tell: (message) => listener(message) });
    const ended = await task.ended;
    if (!ended.ok) output.err(describeThrown(ended.error));
    end(ended.ok ? 0 : 1);
  };
  const hear = (message: ToHost): void => {
    if (message.svc === "serve") void serve(message.request);
    if (message.svc === "stop") task?.stop();
    if (message.svc === "run") task?.runNow();
    if (message.svc !== "kill") return;
    task?.stop();
    onGivenUp();
    end(1);
  };
  const channel = {
    send: (message: object) => hear(message as ToHost),
    onMessage: (next: (message: unknown) => void) => {
      listener = next;
    },
  };
  return { pid: process.pid, start: 0, stdout, stderr, notify: null, channel, exited };
}

/** What comes after the end has no reader. */
function writer(stream: PassThrough): (line: string) => void {
  return (line) => void (stream.writable && stream.write(`${line}\n`));
}
