import { escapeControls } from "../../core/escape.ts";
import type { Dropped } from "../../core/methods.ts";
import type { LogRecord } from "../../core/protocol.ts";
import { withSupervisor } from "../client.ts";
import type { GlobalOptions, Invocation } from "../command.ts";
import { Interrupted } from "../interrupted.ts";
import { createLogPrinter } from "../log-printer.ts";
import { countOption } from "../values.ts";

/** Lines of before, so that one sees where one is. */
const LINES_BEFORE = 10;

/** Ctrl-C is the way to leave, not an interruption. */
export async function run(invocation: Invocation): Promise<number> {
  try {
    await attach(invocation);
    note(invocation.global, "svc has ended");
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    note(invocation.global, "detached; the services go on");
  }
  return 0;
}

/** Resolves when svc has ended. */
async function attach(invocation: Invocation): Promise<void> {
  const { global } = invocation;
  const lines = countOption(invocation, "lines") ?? LINES_BEFORE;
  await withSupervisor(global, async (client) => {
    const [{ pid, config }, { services }] = await Promise.all([client.hello, client.call("list", {})]);
    const printer = createLogPrinter({ names: services, json: false, global, client, split: true });
    const early: (LogRecord | Dropped)[] = [];
    let show = (news: LogRecord | Dropped): void => void early.push(news);
    const { records } = await client.call("logs", { names: [], follow: true, lines }, (method, news) => {
      if (method === "log") show(news as LogRecord | Dropped);
    });
    note(global, `attached to ${escapeControls(config)} (pid ${pid}); Ctrl-C detaches`);
    printer.print(records);
    show = (news) => ("dropped" in news ? printer.printDropped(news) : printer.print([news]));
    // What came while the reply was taken apart waits for it.
    for (const news of early) show(news);
    await client.closed;
  });
}

function note({ quiet }: GlobalOptions, text: string): void {
  if (!quiet) process.stderr.write(`svc: ${text}\n`);
}
