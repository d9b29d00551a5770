/**
 * What a terminal shows of a program that draws whole lines, from all that it has written: `ESC [ row ; 1 H text ESC [ K`, and
 * `ESC [ 2 J`, which clears. Without colours.
 */
export function screenOf(written: string): string[] {
  const rows: string[] = [];
  for (const [, cleared, row, text] of written.matchAll(/\x1b\[(?:(2J)|(\d+);1H([^\x1b]*)\x1b\[K)/g)) {
    if (cleared !== undefined) rows.length = 0;
    else rows[Number(row) - 1] = text!;
  }
  return Array.from(rows, (text) => text ?? "");
}
