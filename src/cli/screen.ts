/** ECMA-48: up so many lines; erase to the end of the line; erase all below; erase all, and to the upper left. */
const UP = (lines: number): string => (lines > 0 ? `\x1b[${lines}A` : "");
const ERASE_REST = "\x1b[K";
const ERASE_BELOW = "\x1b[J";
const ERASE_ALL = "\x1b[2J\x1b[H";

/** For a terminal whose size nobody has set: it says 0. */
const USUAL = { columns: 80, rows: 24 };

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
  on(event: "resize", listener: () => void): unknown;
}

/**
 * Draws each text over the one before, in one write. What the terminal has no room for is left out, as a line that wraps or
 * scrolls could not be drawn over. The cursor stays visible below, so that nothing has to be restored, however svc ends.
 */
export function openScreen(terminal: Terminal): (text: string) => void {
  let drawn = 0;
  // A terminal may fold its lines anew when its width changes: nobody knows then where they are.
  let first = "";
  terminal.on("resize", () => {
    drawn = 0;
    first = ERASE_ALL;
  });
  return (text) => {
    const lines = withinRows(text.split("\n"), (terminal.rows || USUAL.rows) - 1).map(
      (line) => cut(line, terminal.columns || USUAL.columns) + ERASE_REST,
    );
    terminal.write(`${first}\r${UP(drawn)}${lines.join("\r\n")}\r\n${ERASE_BELOW}`);
    drawn = lines.length;
    first = "";
  };
}

function withinRows(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(rows - 1, 1);
  return [...lines.slice(0, shown), `… ${lines.length - shown} more`];
}

/** Escape sequences take no room, and stay, so that no colour is left on. */
export function cut(line: string, columns: number): string {
  let room = columns;
  return line.replace(/\x1b\[[\d;]*m|./gu, (part) => {
    if (part.startsWith("\x1b")) return part;
    room -= 1;
    return room >= 0 ? part : "";
  });
}
