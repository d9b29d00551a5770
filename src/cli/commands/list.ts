import { EXIT, SvcError } from "../../core/errors.ts";
import { escapeControls } from "../../core/escape.ts";
import type { Row } from "../../core/row.ts";
import type { Client } from "../../effects/control/client.ts";
import { withSupervisor } from "../client.ts";
import type { GlobalOptions, Invocation } from "../command.ts";
import { bytes, NONE, percent, uptime } from "../human.ts";
import { print } from "../output.ts";
import { statePaints } from "../state-colors.ts";
import { type Cell, renderTable } from "../table.ts";

const HEADER = ["NAME", "STATE", "PID", "UPTIME", "RESTARTS", "CPU", "MEM", "LAST-EXIT"];

/** `--json` is the plain array of rows, also with `--tree`. */
export async function run({ options, global }: Invocation): Promise<number> {
  const [watch, json, tree] = [options.has("watch"), options.has("json"), options.has("tree")];
  if (watch && !json && !process.stdout.isTTY) {
    const hint = "with --json it writes one array a line; `svc events` follows the changes of state";
    throw new SvcError("cannot redraw a list that is no terminal's: --watch without --json needs one", EXIT.usage, { hint });
  }
  const look = json ? jsonOf(watch) : tree ? treeOf(global) : tableOf(global);
  if (watch) return await (await import("../watch-list.ts")).watchList(global, look, json);
  const text = await withSupervisor(global, look);
  print(json ? text : await fitted(text));
  return 0;
}

/** On a terminal a line that wraps would tear the columns; `svc status` has the whole of a long ending. */
async function fitted(text: string): Promise<string> {
  const { columns, isTTY } = process.stdout;
  if (!isTTY || !columns) return text;
  const { cut } = await import("../screen.ts");
  return text
    .split("\n")
    .map((line) => (cut(line, columns) === line ? line : `${cut(line, columns - 1)}…`))
    .join("\n");
}

type Look = (client: Client) => Promise<string>;

function jsonOf(oneLine: boolean): Look {
  return async (client) => JSON.stringify((await client.call("list", {})).services, null, oneLine ? undefined : 2);
}

function tableOf(global: GlobalOptions): Look {
  return async (client) => table((await client.call("list", {})).services, global);
}

function treeOf(global: GlobalOptions): Look {
  return async (client) => {
    const { graph } = await client.call("list", { graph: true });
    if (graph === undefined) throw new SvcError("cannot show the tree: the supervisor is of a version that does not tell it", EXIT.failed);
    return (await import("../tree-view.ts")).treeView(graph, await statePaints(global));
  };
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
