import { EXIT, SvcError } from "../../core/errors.ts";
import { RING_LINES } from "../../core/log/ring.ts";
import type { Dropped, OlderLogs } from "../../core/methods.ts";
import type { LogRecord } from "../../core/protocol.ts";
import type { Client } from "../../effects/control/client.ts";
import { withSupervisor } from "../client.ts";
import type { Invocation } from "../command.ts";
import { createLogPrinter, type LogPrinter } from "../log-printer.ts";
import { matches, newest, paramsOf, type Query, queryOf } from "../logs/query.ts";

export async function run(invocation: Invocation): Promise<number> {
  const query = queryOf(invocation);
  try {
    return await withSupervisor(invocation.global, (client) => fromSupervisor(invocation, query, client));
  } catch (error) {
    if (!(error instanceof SvcError) || error.exitCode !== EXIT.noSupervisor) throw error;
    return await fromFiles(invocation, query, error);
  }
}

async function fromSupervisor({ global, options }: Invocation, query: Query, client: Client): Promise<number> {
  const { services } = await client.call("list", {});
  const printer = createLogPrinter({ names: services, json: options.has("json"), global, client });
  const early: (LogRecord | Dropped)[] = [];
  let show = (news: LogRecord | Dropped): void => void early.push(news);
  const { records, older = null } = await client.call("logs", paramsOf(query), (method, news) => {
    if (method === "log") show(news as LogRecord | Dropped);
  });
  const found = records.filter((record) => matches(query, record));
  if (older === null || found.length >= (query.lines ?? Number.POSITIVE_INFINITY)) printer.print(newest(found, query.lines));
  else await printOlder(printer, query, older, found);
  // What came while the reply was taken apart waits for it.
  show = (news) => follow(printer, news, query);
  for (const news of early) show(news);
  if (query.follow) await client.closed;
  return 0;
}

async function printOlder(printer: LogPrinter, query: Query, older: OlderLogs, found: readonly LogRecord[]): Promise<void> {
  const [{ printFiles }, { boundaryOf }] = await Promise.all([import("../logs/print-files.ts"), import("../logs/older.ts")]);
  const linesInMemory = RING_LINES * (older.memory.length + 1);
  await printFiles(printer, query, { paths: older.paths, boundary: () => boundaryOf(older), linesInMemory, found });
}

/** Without a supervisor: as many lines of each log as a supervisor would have, unless there is more to say. */
async function fromFiles(invocation: Invocation, query: Query, nobody: SvcError): Promise<number> {
  const [{ findKeptLogs }, { printLastOfEach, printFiles }, { NOTHING_IN_MEMORY }] = await Promise.all([
    import("../logs/without-supervisor.ts"),
    import("../logs/print-files.ts"),
    import("../logs/older.ts"),
  ]);
  const { paths, instances } = await findKeptLogs(invocation, nobody);
  const { global, options } = invocation;
  const printer = createLogPrinter({ names: instances, json: options.has("json"), global, client: { pause() {}, resume() {} } });
  const source = { paths, boundary: () => NOTHING_IN_MEMORY, linesInMemory: 0, found: [] };
  if (query.reachesBack) await printFiles(printer, query, source);
  else await printLastOfEach(printer, query, source, RING_LINES);
  if (query.follow) throw nobody;
  return 0;
}

function follow(printer: LogPrinter, news: LogRecord | Dropped, query: Query): void {
  if ("dropped" in news) printer.printDropped(news);
  else if (matches(query, news)) printer.print([news]);
}
