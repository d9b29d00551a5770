import { escapeControls } from "../core/escape.ts";
import type { Row } from "../core/row.ts";
import type { GlobalOptions } from "./command.ts";
import { say } from "./output.ts";

/** What a command that waits until services are up says in the end: one line for each. */
export function sayUp(global: GlobalOptions, rows: readonly Row[]): void {
  for (const { name, state, pid } of rows) say(global, `${escapeControls(name)} ${state}${pid === null ? "" : ` (pid ${pid})`}`);
}
