/** What a detached supervisor tells the command that has started it: one JSON object a line; all but `warning` and `waiting` are the last word. */
export type DetachedNews =
  /** A warning about the config. */
  | { readonly kind: "warning"; readonly line: string }
  /** A few of those that are not up yet; `more` is how many there are besides. */
  | { readonly kind: "waiting"; readonly names: readonly string[]; readonly more: number }
  | { readonly kind: "up"; readonly pid: number; readonly socket: string | null }
  /** Another process is the supervisor of this config. */
  | { readonly kind: "held"; readonly pid: number }
  | { readonly kind: "failed"; readonly message: string; readonly hint: string | null; readonly exitCode: number };

/** So that a thousand services do not fill the pipe of a command that is suspended. */
const NAMES_SHOWN = 5;

export function waitingNews(names: readonly string[]): DetachedNews {
  return { kind: "waiting", names: names.slice(0, NAMES_SHOWN), more: Math.max(0, names.length - NAMES_SHOWN) };
}

/** Null where the line is none. */
export function readNews(line: string): DetachedNews | null {
  try {
    return JSON.parse(line) as DetachedNews;
  } catch {
    return null;
  }
}
