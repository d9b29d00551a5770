import { escapeControls } from "../../core/escape.ts";
import type { Row } from "../../core/row.ts";
import { ask } from "../client.ts";
import type { GlobalOptions, Invocation } from "../command.ts";
import { bytes, NONE, percent, uptime } from "../human.ts";
import { print, printJson } from "../output.ts";
import { statePaints } from "../state-colors.ts";
import { type Cell, renderTable } from "../table.ts";

const HEADER = ["NAME", "STATE", "PID", "UPTIME", "RESTARTS", "CPU", "MEM", "LAST-EXIT"];

export async function run({ options, global }: Invocation): Promise<number> {
  const { services } = await ask(global, "list", {});
  if (options.has("json")) printJson(services);
  else print(await table(services, global));
  return 0;
}

async function table(rows: readonly Row[], global: GlobalOptions): Promise<string> {
  const paint = await statePaints(global);
  return renderTable(
    HEADER,
    rows.map((row): Cell[] => [
      { text: escapeControls(row.name) },
      { text: row.state, paint: paint(row.state) },
      { text: row.pid === null ? NONE : String(row.pid) },
      { text: uptime(row.uptimeMs) },
      { text: String(row.restarts) },
      { text: percent(row.cpu) },
      { text: bytes(row.memory) },
      { text: row.lastExit === null ? NONE : escapeControls(row.lastExit.reason) },
    ]),
  );
}
