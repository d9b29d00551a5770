import { splitWords } from "./shell-words.ts";
import type { Command } from "./spec.ts";

/** What only a shell can run: POSIX's built-ins for which Debian, Alpine and macOS have no program (and bash's `source`). */
const BUILTINS: ReadonlySet<string> = new Set(
  (
    ". : alias bg break cd command continue eval exec exit export fc fg getopts hash jobs local read readonly return set shift " +
    "source times trap type ulimit umask unalias unset wait"
  ).split(" "),
);

/**
 * Reads a command as the config, `exec` checks and a Procfile write it: a list is run as it stands, text is split like a
 * shell would, and goes to /bin/sh only where it needs one. Throws a SyntaxError whose message says what is wrong.
 */
export function parseCommand(value: string | readonly string[]): Command {
  if (typeof value !== "string") return fromList(value);
  if (value.includes("\0")) throw new SyntaxError("holds a NUL character");
  const text = value.trim();
  if (text === "") throw new SyntaxError("is empty");
  const words = splitWords(text);
  if (words === null || isAssignment(text)) return inShell(value, text);
  if (words[0] === undefined || words[0] === "") throw new SyntaxError("names no program");
  if (BUILTINS.has(words[0])) return inShell(value, text);
  return { argv: words, text: value, shell: false };
}

/** The words as text that `parseCommand` splits into the same words. */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map((word, index) => (isPlain(word, index) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

function fromList(list: readonly string[]): Command {
  if (list.length === 0) throw new SyntaxError("is an empty list");
  if (list[0] === "") throw new SyntaxError("names no program");
  if (list.some((word) => word.includes("\0"))) throw new SyntaxError("holds a NUL character");
  return { argv: [...list], text: quoteArgv(list), shell: false };
}

function inShell(text: string, script: string): Command {
  return { argv: ["/bin/sh", "-c", script], text, shell: true };
}

function isAssignment(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*=/.test(text);
}

/** An equals sign is special in the first word only: `A=b` there is an assignment. */
function isPlain(word: string, index: number): boolean {
  return /^[A-Za-z0-9_./:@%+,^-]+$/.test(word) || (index > 0 && /^[A-Za-z0-9_./:@%+,^=-]+$/.test(word));
}
