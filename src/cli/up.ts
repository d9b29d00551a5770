import { escapeControls } from "../core/escape.ts";
import type { Row } from "../core/row.ts";
import type { GlobalOptions } from "./command.ts";
import { say } from "./output.ts";

/** What a command that waits until services are up says in the end: one line for each. */
export function sayUp(global: GlobalOptions, rows: readonly Row[]): void {
  for (const row of rows) say(global, `${escapeControls(row.name)} ${row.state}${more(row)}`);
}

/** Of a schedule the last run has been seen by nobody, though it may be the one that was asked for. */
function more({ state, pid, lastExit }: Row): string {
  if (pid !== null) return ` (pid ${pid})`;
  return state === "scheduled" && lastExit !== null ? ` (last run: ${escapeControls(lastExit.reason)})` : "";
}
