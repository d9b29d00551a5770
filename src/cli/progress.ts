import { escapeControls } from "../core/escape.ts";
import type { GlobalOptions } from "./command.ts";

export interface ProgressLine {
  update(waiting: readonly string[]): void;
  end(): void;
}

/** A command that is done sooner says only its result. */
const PATIENCE_MS = 2_000;
/** ECMA-48: to the line's beginning, and erase it. */
const ERASE_LINE = "\r\x1b[2K";

/** One line on stderr, rewritten as it changes and erased in the end; only on a terminal. */
export function showProgress({ quiet }: GlobalOptions, names: readonly string[]): ProgressLine {
  if (quiet || !process.stderr.isTTY) return { update: () => {}, end: () => {} };
  let waiting = names;
  let shown = false;
  const draw = (): void => {
    shown = true;
    const line = `waiting for ${waiting.length === 0 ? "the supervisor" : waiting.map(escapeControls).join(", ")} …`;
    process.stderr.write(ERASE_LINE + line.slice(0, (process.stderr.columns || 80) - 1));
  };
  const timer = setTimeout(draw, PATIENCE_MS);
  return {
    update: (next) => {
      waiting = next;
      if (shown) draw();
    },
    end: () => {
      clearTimeout(timer);
      if (shown) process.stderr.write(ERASE_LINE);
    },
  };
}
