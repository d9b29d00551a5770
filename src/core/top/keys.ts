import { shownLines, shownRows, type TopAction, type TopState, withRows } from "./state.ts";

export interface KeyStep {
  readonly state: TopState;
  readonly action: TopAction | null;
}

/** What the help names; a test presses each. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["↑ ↓  k j", "select a service"],
  ["s", "start it"],
  ["x", "stop it"],
  ["r", "restart it"],
  ["Enter", "open it: only its lines; again: all lines"],
  ["f", "filter the services by name"],
  ["/", "search the lines"],
  ["PgUp PgDn", "scroll the lines; End follows again"],
  ["Esc", "leave what was typed, the search, the filter, the opened service"],
  ["? h", "this help"],
  ["q Ctrl-C", "quit; the services go on"],
];

const CTRL_C = "\x03";
const ESCAPE = "\x1b";

/** One key, as the terminal sends it in raw mode. `page`: how many lines the pane shows. */
export function pressKey(state: TopState, key: string, page: number): KeyStep {
  if (key === CTRL_C) return { state, action: { type: "quit" } };
  if (state.prompt !== null) return only(typed(state, state.prompt, key));
  if (state.help) return key === "q" ? { state, action: { type: "quit" } } : only({ ...state, help: false });
  const action = actionOf(state, key);
  return action === null ? only(moved({ ...state, message: "" }, key, page)) : { state: { ...state, message: "" }, action };
}

/** The keys in a chunk that the terminal has sent: an escape sequence is one. */
export function keysIn(chunk: string): readonly string[] {
  return chunk.match(/\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Za-z]|[\s\S]/gu) ?? [];
}

function only(state: TopState): KeyStep {
  return { state, action: null };
}

function actionOf({ selected }: TopState, key: string): TopAction | null {
  if (key === "q") return { type: "quit" };
  if (selected === null) return null;
  if (key === "s") return { type: "start", name: selected };
  if (key === "x") return { type: "stop", name: selected };
  return key === "r" ? { type: "restart", name: selected } : null;
}

function moved(state: TopState, key: string, page: number): TopState {
  switch (key) {
    case "\x1b[A":
    case "\x1bOA":
    case "k":
      return select(state, -1);
    case "\x1b[B":
    case "\x1bOB":
    case "j":
      return select(state, 1);
    case "\r":
    case "\n":
      return { ...state, opened: state.opened === null ? state.selected : null, back: 0 };
    case "f":
      return { ...state, prompt: { for: "filter", text: state.filter } };
    case "/":
      return { ...state, prompt: { for: "search", text: state.search } };
    case "\x1b[5~":
      return scroll(state, page, page);
    case "\x1b[6~":
      return scroll(state, -page, page);
    case "\x1b[F":
    case "\x1bOF":
    case "\x1b[4~":
      return { ...state, back: 0 };
    case "?":
    case "h":
      return { ...state, help: true };
    case ESCAPE:
      return leave(state);
    default:
      return state;
  }
}

/** One step at a time, the last one first. */
function leave(state: TopState): TopState {
  if (state.search !== "") return { ...state, search: "", back: 0 };
  if (state.opened !== null) return { ...state, opened: null, back: 0 };
  return withRows({ ...state, filter: "", back: 0 }, state.rows);
}

function select(state: TopState, by: number): TopState {
  const rows = shownRows(state);
  const at = rows.findIndex(({ name }) => name === state.selected);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  if (next === undefined) return state;
  return { ...state, selected: next.name, opened: state.opened === null ? null : next.name, back: state.opened === null ? state.back : 0 };
}

function scroll(state: TopState, by: number, page: number): TopState {
  const most = Math.max(0, shownLines(state).length - page);
  return { ...state, back: Math.min(most, Math.max(0, state.back + by)) };
}

/** What is typed counts at once; Enter keeps it, Esc takes it back. */
function typed(state: TopState, prompt: NonNullable<TopState["prompt"]>, key: string): TopState {
  if (key === "\r" || key === "\n") return { ...state, prompt: null };
  if (key === ESCAPE) return apply({ ...state, prompt: null }, prompt.for, "");
  if (key === "\x7f" || key === "\b") return retyped(state, prompt, [...prompt.text].slice(0, -1).join(""));
  if (key === "\x15") return retyped(state, prompt, "");
  return /^[\x00-\x1f]/.test(key) ? state : retyped(state, prompt, prompt.text + key);
}

function retyped(state: TopState, prompt: NonNullable<TopState["prompt"]>, text: string): TopState {
  return apply({ ...state, prompt: { ...prompt, text } }, prompt.for, text);
}

function apply(state: TopState, what: "filter" | "search", text: string): TopState {
  if (what === "search") return { ...state, search: text, back: 0 };
  return withRows({ ...state, filter: text, back: 0 }, state.rows);
}
