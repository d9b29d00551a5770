import { escapeControls } from "../escape.ts";

export type Path = readonly (string | number)[];

/** One thing that is wrong with a config, and where. */
export interface Problem {
  /** From the root of the config; empty where the config as a whole is meant. */
  readonly path: Path;
  /** What is wrong, with which value, and what to do; without the place. */
  readonly text: string;
}

/** `services.web.stop.timeout: expected …`, one line each, sorted by place. */
export function formatProblems(problems: readonly Problem[]): readonly string[] {
  const lines = problems.map(({ path, text }) => (path.length === 0 ? text : `${formatPath(path)}: ${text}`));
  return [...new Set(lines)].sort((a, b) => (a < b ? -1 : 1));
}

/** `services.web.successExitCodes[1]`; a key that is no plain word stands in brackets and quotes. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${text}["${escapeControls(key)}"]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
