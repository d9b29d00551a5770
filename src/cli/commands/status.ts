import { formatDuration } from "../../core/duration.ts";
import { escapeControls } from "../../core/escape.ts";
import type { Row } from "../../core/row.ts";
import { needText, statesText } from "../../core/service-tree.ts";
import type { Need, StatusDetail } from "../../core/status.ts";
import { ask } from "../client.ts";
import type { Invocation } from "../command.ts";
import { bytes, percent, uptime } from "../human.ts";
import { print, printJson } from "../output.ts";
import { statePaints } from "../state-colors.ts";

/** `--json`: an array with one object for each instance, the fields of `list --json` and those of `StatusDetail` in one. */
export async function run({ args, options, global }: Invocation): Promise<number> {
  const { rows, detail } = await ask(global, "status", { name: args[0]! });
  const all = rows.map((row, index) => ({ row, detail: detail[index]! }));
  if (options.has("json")) {
    printJson(all.map((one) => ({ ...one.row, ...one.detail })));
    return 0;
  }
  const paint = await statePaints(global);
  print(all.map((one) => block(one.row, one.detail, paint(one.row.state))).join("\n\n"));
  return 0;
}

const LABEL_WIDTH = 13;

function block(row: Row, detail: StatusDetail, paint: (text: string) => string): string {
  const says: readonly Line[] = detail.says === null ? [] : [["says", detail.says]];
  const lines = [...processLines(row), ...says, ...checkLines(detail), ...policyLines(detail), ...endingLines(detail)];
  const shown = lines.map(([label, text]) => `  ${label.padEnd(LABEL_WIDTH)}${escapeControls(text)}`);
  return [`${escapeControls(row.name)}: ${paint(row.state)}`, ...shown].join("\n");
}

type Line = readonly [label: string, text: string];

function processLines(row: Row): Line[] {
  const lines: Line[] = [];
  if (row.pid !== null) lines.push(["pid", `${row.pid}, up ${uptime(row.uptimeMs)} since ${row.startedAt}`]);
  if (row.pid !== null) lines.push(["ready", row.ready ? "yes" : "no"]);
  if (row.healthy !== null) lines.push(["healthy", row.healthy ? "yes" : "no"]);
  if (row.cpu !== null || row.memory !== null) lines.push(["uses", `${percent(row.cpu)} of a core, ${bytes(row.memory)}`]);
  lines.push(["restarts", String(row.restarts)]);
  if (row.nextStartAt !== null) lines.push(["next start", `${row.nextStartAt}, ${fromNow(row.nextStartAt)}`]);
  return lines;
}

function fromNow(time: string): string {
  return `in ${uptime(Math.max(0, Date.parse(time) - Date.now()))}`;
}

function checkLines({ lastCheck }: StatusDetail): Line[] {
  if (lastCheck === null) return [];
  const { ok, at, what, failures } = lastCheck;
  const verdict = ok ? "passed" : `failed${failures > 1 ? `, ${failures} times in a row` : ""}`;
  return [["last check", `${at}  ${what}: ${verdict}`]];
}

function policyLines(detail: StatusDetail): Line[] {
  const { runsAs = null, limits = {}, watch = [], logFiles = [] } = detail;
  const { signal, timeoutMs } = detail.stop;
  return [
    ["command", detail.command],
    ["cwd", detail.cwd],
    ...(detail.socket === null ? [] : [["socket", detail.socket] as const]),
    ...(detail.schedule === null ? [] : [["schedule", detail.schedule] as const]),
    ["restart", detail.restart],
    ["stop", `${signal}, SIGKILL after ${formatDuration(timeoutMs)}`],
    ...(runsAs === null ? [] : [["runs as", runsAs] as const]),
    ...(Object.keys(limits).length === 0 ? [] : [["limits", limitsText(limits)] as const]),
    ...listLines("watch", watch),
    ...listLines("log files", logFiles),
    ...needLines("depends on", detail.dependsOn),
    ...needLines("needed by", detail.neededBy),
  ];
}

function limitsText(limits: Readonly<Record<string, number>>): string {
  const shown = Object.entries(limits).map(([name, limit]) => `${name} ${name === "files" ? limit : bytes(limit)}`);
  return shown.join(", ");
}

function listLines(label: string, texts: readonly string[]): Line[] {
  return texts.map((text, index) => [index === 0 ? label : "", text]);
}

/** One line for each, in columns: the service, what is asked of it, its states. */
function needLines(label: string, needs: readonly Need[]): Line[] {
  const [services, conditions] = [needs.map((need) => need.service), needs.map(needText)];
  const width = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  return needs.map(({ service, states, reason }, index) => {
    const columns = [service.padEnd(width(services)), conditions[index]!.padEnd(width(conditions)), statesText(states)];
    return [index === 0 ? label : "", `${columns.join("  ")}${reason === null ? "" : ` (${reason})`}`];
  });
}

function endingLines({ endings }: StatusDetail): Line[] {
  return listLines(
    "endings",
    endings.map(({ at, reason }) => `${at}  ${reason}`),
  );
}
