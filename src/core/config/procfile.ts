import { escapeControls } from "../escape.ts";
import type { Problem } from "./problem.ts";

export type Procfile = { readonly raw: unknown } | { readonly problems: readonly Problem[] };

/** Reads `name: command` lines, `#` comments and empty lines into a config with the default policy. */
export function parseProcfile(text: string): Procfile {
  const lines = new Map<string, number>();
  const services: [string, unknown][] = [];
  const problems: Problem[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .entries()) {
    const number = index + 1;
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const match = /^([^\s:]+)\s*:\s*(.+)$/.exec(content);
    const [name, command] = [match?.[1], match?.[2]];
    const before = name === undefined ? undefined : lines.get(name);
    if (name === undefined || command === undefined) problems.push(atLine(number, `expected "name: command", got "${shorten(content)}"`));
    else if (before !== undefined) problems.push(atLine(number, `the name "${escapeControls(name)}" stands in line ${before} already`));
    else {
      lines.set(name, number);
      services.push([name, { command }]);
    }
  }
  return problems.length > 0 ? { problems } : { raw: { services: Object.fromEntries(services) } };
}

function atLine(line: number, text: string): Problem {
  return { path: [], text: `line ${line}: ${text}` };
}

function shorten(text: string): string {
  return escapeControls(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
