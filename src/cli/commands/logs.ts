import type { Dropped, LogsParams } from "../../core/methods.ts";
import type { LogRecord } from "../../core/protocol.ts";
import { withSupervisor } from "../client.ts";
import type { Invocation } from "../command.ts";
import { createLogPrinter, type LogPrinter } from "../log-printer.ts";
import { countOption, patternOption, textOption, timeOption } from "../values.ts";

export async function run(invocation: Invocation): Promise<number> {
  const { options, global } = invocation;
  const grep = patternOption(invocation, "grep");
  const lines = countOption(invocation, "lines");
  const params = { ...paramsOf(invocation), ...(grep || lines === undefined ? {} : { lines }) };
  return await withSupervisor(global, async (client) => {
    const { services } = await client.call("list", {});
    const printer = createLogPrinter({ rows: services, json: options.has("json"), global, client });
    const wanted = (record: LogRecord): boolean => grep === undefined || grep.test(record.line);
    const early: (LogRecord | Dropped)[] = [];
    let show = (news: LogRecord | Dropped): void => void early.push(news);
    const { records } = await client.call("logs", params, (method, news) => {
      if (method === "log") show(news as LogRecord | Dropped);
    });
    const found = records.filter(wanted);
    printer.print(lines === undefined ? found : found.slice(Math.max(0, found.length - lines)));
    // What came while the reply was taken apart waits for it.
    show = (news) => follow(printer, news, wanted);
    for (const news of early) show(news);
    if (params.follow) await client.closed;
    return 0;
  });
}

function follow(printer: LogPrinter, news: LogRecord | Dropped, wanted: (record: LogRecord) => boolean): void {
  if ("dropped" in news) printer.printDropped(news);
  else if (wanted(news)) printer.print([news]);
}

function paramsOf(invocation: Invocation): LogsParams {
  const now = Date.now();
  const since = timeOption(invocation, "since", now);
  const until = timeOption(invocation, "until", now);
  const stream = textOption(invocation, "stream");
  return {
    names: invocation.args,
    follow: invocation.options.has("follow"),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(stream === undefined ? {} : { stream }),
  };
}
