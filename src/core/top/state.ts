import type { Row } from "../row.ts";

/** What `svc top` shows and does, as data: a key changes the state, and the state is drawn. */

export interface TopLine {
  /** `web.1`, or `svc` for svc's own words. */
  readonly name: string;
  /** Without anything that a terminal would act on. */
  readonly text: string;
}

/** What is being typed at the bottom. */
export type Prompt = { readonly for: "filter" | "search"; readonly text: string };

export interface TopState {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly lines: readonly TopLine[];
  /** The name of the selected row. */
  readonly selected: string | null;
  /** The one whose lines alone are shown. */
  readonly opened: string | null;
  /** Only services whose names hold this. */
  readonly filter: string;
  /** Only lines that hold this. */
  readonly search: string;
  /** Lines between the last one and the bottom of the pane; 0 follows. */
  readonly back: number;
  readonly prompt: Prompt | null;
  readonly help: boolean;
  readonly message: string;
}

export type TopAction = { readonly type: "quit" } | { readonly type: "start" | "stop" | "restart"; readonly name: string };

/** So many of the newest lines are kept. */
export const LINES_KEPT = 2_000;

export function initialTop(title: string): TopState {
  return {
    title,
    rows: [],
    lines: [],
    selected: null,
    opened: null,
    filter: "",
    search: "",
    back: 0,
    prompt: null,
    help: false,
    message: "",
  };
}

/** A selected service that is gone gives the selection to the first. */
export function withRows(state: TopState, rows: readonly Row[]): TopState {
  const next = { ...state, rows };
  const shown = shownRows(next);
  const selected = shown.some(({ name }) => name === state.selected) ? state.selected : (shown[0]?.name ?? null);
  return { ...next, selected };
}

/** Who has scrolled back keeps what is on the screen. */
export function withLines(state: TopState, lines: readonly TopLine[]): TopState {
  const kept = [...state.lines, ...lines].slice(-LINES_KEPT);
  const added = lines.filter((line) => isShown(state, line)).length;
  return { ...state, lines: kept, back: state.back === 0 ? 0 : state.back + added };
}

export function shownRows({ rows, filter }: TopState): readonly Row[] {
  return rows.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
}

export function shownLines(state: TopState): readonly TopLine[] {
  return state.lines.filter((line) => isShown(state, line));
}

function isShown({ opened, filter, search }: TopState, { name, text }: TopLine): boolean {
  if (opened !== null ? name !== opened : filter !== "" && !name.toLowerCase().includes(filter.toLowerCase())) return false;
  return text.toLowerCase().includes(search.toLowerCase());
}
