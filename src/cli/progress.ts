import { escapeControls } from "../core/escape.ts";

export interface ProgressLine {
  update(waiting: readonly string[]): void;
  /** Makes room for a line of its own above. */
  clear(): void;
  redraw(): void;
  end(): void;
}

/** ECMA-48: to the line's beginning, and erase it. */
const ERASE_LINE = "\r\x1b[2K";

/** One line on the terminal of stderr: what is still waited for. Rewritten as it changes, erased in the end. */
export function showProgress(names: readonly string[]): ProgressLine {
  let shown = names;
  const draw = (waiting: readonly string[]): void => {
    shown = waiting;
    const line = `waiting for ${waiting.length === 0 ? "the supervisor" : waiting.map(escapeControls).join(", ")} …`;
    process.stderr.write(ERASE_LINE + line.slice(0, (process.stderr.columns || 80) - 1));
  };
  draw(names);
  const clear = (): void => void process.stderr.write(ERASE_LINE);
  return { update: draw, clear, redraw: () => draw(shown), end: clear };
}

/** A line on stderr for the one who waits: about the command, not its result. */
export function remark(line: string, progress: ProgressLine | null): void {
  progress?.clear();
  process.stderr.write(`${escapeControls(line)}\n`);
  progress?.redraw();
}
