import type { Row, ShownState } from "../row.ts";
import { KEYS } from "./keys.ts";
import { shownLines, shownRows, type TopLine, type TopState } from "./state.ts";

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

/** How a row's numbers are written; the same as in `svc list`. */
export interface Words {
  readonly uptime: (ms: number | null) => string;
  readonly percent: (value: number | null) => string;
  readonly bytes: (value: number | null) => string;
}

/** SGR: ECMA-48, 8.3.117. */
const RESET = "\x1b[0m";
const BOLD = "\x1b[1m";
const DIM = "\x1b[2m";
const REVERSE = "\x1b[7m";
const PAINT: Readonly<Record<ShownState, string>> = {
  running: "\x1b[32m",
  completed: "\x1b[32m",
  scheduled: "\x1b[36m",
  starting: "\x1b[36m",
  waiting: "\x1b[36m",
  stopping: "\x1b[33m",
  backoff: "\x1b[33m",
  unhealthy: "\x1b[31m",
  failed: "\x1b[31m",
  skipped: "\x1b[31m",
  stopped: DIM,
};

/** Title, header of the table, line above the log, bottom line. */
const FRAME_LINES = 4;

/** How many lines of the log fit; at least one. */
export function pageOf(state: TopState, { rows }: Screen): number {
  return Math.max(1, rows - FRAME_LINES - tableLines(state, rows));
}

/** The whole screen: as many lines as it has rows, none wider than it. */
export function draw(state: TopState, screen: Screen, words: Words): readonly string[] {
  const { columns, rows } = screen;
  const body = state.help ? helpLines(rows - 2, columns) : bodyLines(state, screen, words);
  const lines = [titleLine(state, screen), ...body];
  const padded = [...lines, ...Array.from({ length: Math.max(0, rows - 1 - lines.length) }, () => "")].slice(0, Math.max(0, rows - 1));
  return [...padded, bottomLine(state, columns)].slice(-rows);
}

function titleLine({ title, rows }: TopState, { columns, colour }: Screen): string {
  const up = rows.filter(({ state }) => state === "running").length;
  return paint(within(`svc top  ${title}  ${up} of ${rows.length} running`, columns), BOLD, colour);
}

function bodyLines(state: TopState, screen: Screen, words: Words): string[] {
  const { columns, rows, colour } = screen;
  const count = tableLines(state, rows);
  const about = [state.opened ?? (state.filter === "" ? "all" : `*${state.filter}*`), state.search && `"${state.search}"`].filter(Boolean);
  const scrolled = state.back > 0 ? `, ${state.back} below` : "";
  const head = within(`── log of ${about.join(", with ")}${scrolled} `, columns);
  const rule = head.padEnd(columns, "─");
  return [...table(state, count, screen, words), paint(rule, DIM, colour), ...logLines(state, pageOf(state, screen), screen)];
}

/** The services get what they need, up to half of the screen. */
function tableLines(state: TopState, rows: number): number {
  return Math.min(Math.max(1, shownRows(state).length), Math.max(1, Math.floor((rows - FRAME_LINES) / 2)));
}

const HEADER = ["NAME", "STATE", "PID", "UPTIME", "RESTARTS", "CPU", "MEM"];
const NAME_WIDTH = 28;

function table(state: TopState, count: number, { columns, colour }: Screen, words: Words): string[] {
  const shown = shownRows(state);
  const cells = shown.map((row) => cellsOf(row, words));
  const widths = HEADER.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]!.length)));
  const text = (row: readonly string[]): string =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join("  ")
      .trimEnd();
  const selected = Math.max(
    0,
    shown.findIndex(({ name }) => name === state.selected),
  );
  const first = Math.max(0, Math.min(selected - Math.floor(count / 2), shown.length - count));
  const lines = shown.slice(first, first + count).map((row, at) => {
    const line = within(`${row.name === state.selected ? ">" : " "} ${text(cells[first + at]!)}`, columns);
    return paint(line, row.name === state.selected ? REVERSE : PAINT[row.state], colour);
  });
  return [paint(within(`  ${text(HEADER)}`, columns), DIM, colour), ...(lines.length === 0 ? [within("  no service", columns)] : lines)];
}

function cellsOf(row: Row, { uptime, percent, bytes }: Words): string[] {
  const { name, state, pid, uptimeMs, restarts, cpu, memory } = row;
  return [
    within(name, NAME_WIDTH),
    state,
    pid === null ? "-" : String(pid),
    uptime(uptimeMs),
    String(restarts),
    percent(cpu),
    bytes(memory),
  ];
}

function logLines(state: TopState, page: number, { columns, colour }: Screen): string[] {
  const lines = shownLines(state);
  const end = lines.length - state.back;
  const width = Math.max(3, ...state.rows.map(({ name }) => Math.min(name.length, NAME_WIDTH)));
  return lines.slice(Math.max(0, end - page), end).map((line) => logLine(line, width, state.search, columns, colour));
}

function logLine({ name, text }: TopLine, width: number, search: string, columns: number, colour: boolean): string {
  const line = within(`${within(name, width).padEnd(width)} │ ${text}`, columns);
  const at = search === "" ? -1 : line.toLowerCase().indexOf(search.toLowerCase(), width + 3);
  if (at < 0 || !colour) return line;
  return `${line.slice(0, at)}${REVERSE}${line.slice(at, at + search.length)}${RESET}${line.slice(at + search.length)}`;
}

function helpLines(count: number, columns: number): string[] {
  return ["", ...KEYS.map(([keys, does]) => within(`  ${keys.padEnd(12)}${does}`, columns))].slice(0, count);
}

function bottomLine({ prompt, message, help }: TopState, columns: number): string {
  if (prompt !== null) return within(`${prompt.for === "search" ? "search" : "filter"}: ${prompt.text}_`, columns);
  if (message !== "") return within(message, columns);
  return within(help ? "any key: back  q quit" : "s start  x stop  r restart  Enter open  f filter  / search  ? help  q quit", columns);
}

/** By code points: what is wider than one column is cut by the terminal, which is told not to wrap. */
function within(text: string, columns: number): string {
  const characters = [...text];
  if (characters.length <= columns) return text;
  return `${characters.slice(0, Math.max(0, columns - 1)).join("")}…`;
}

function paint(text: string, code: string, colour: boolean): string {
  return colour ? `${code}${text}${RESET}` : text;
}
