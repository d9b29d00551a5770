import { escapeControls } from "../core/escape.ts";

export interface ProgressLine {
  update(waiting: readonly string[]): void;
  end(): void;
}

/** ECMA-48: to the line's beginning, and erase it. */
const ERASE_LINE = "\r\x1b[2K";

/** One line on the terminal of stderr: what is still waited for. Rewritten as it changes, erased in the end. */
export function showProgress(names: readonly string[]): ProgressLine {
  const draw = (waiting: readonly string[]): void => {
    const line = `waiting for ${waiting.length === 0 ? "the supervisor" : waiting.map(escapeControls).join(", ")} …`;
    process.stderr.write(ERASE_LINE + line.slice(0, (process.stderr.columns || 80) - 1));
  };
  draw(names);
  return { update: draw, end: () => void process.stderr.write(ERASE_LINE) };
}
