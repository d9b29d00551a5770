export interface Cell {
  readonly text: string;
  /** Put around the text once it has its width, because an escape sequence has none. */
  readonly paint?: (text: string) => string;
}

const GAP = "  ";

/** Columns aligned to the left; the last one is not padded, so that no line ends in blanks. */
export function renderTable(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.text.length)));
  const line = (cells: readonly Cell[]): string =>
    cells
      .map(({ text, paint = (plain) => plain }, column) => {
        const isLast = column === cells.length - 1;
        return paint(text) + (isLast ? "" : " ".repeat(widths[column]! - text.length));
      })
      .join(GAP)
      .trimEnd();
  return [line(header.map((text) => ({ text }))), ...rows.map(line)].join("\n");
}
