/** Special to a shell wherever it stands unquoted. */
const SPECIAL = new Set("$`|&;<>()*?[]{}~#!\n");

const OPERATORS = new Set("\n;&|()<>");

/** Removed by a shell after a backslash in double quotes; before any other character the backslash stays (POSIX 2.2.3). */
const ESCAPED_IN_DOUBLE_QUOTES = new Set('$`"\\\n');

interface Scan {
  readonly text: string;
  at: number;
  needsShell: boolean;
  /** Where quotes may nest (`$(…)`, backticks, `<<`), only the shell itself can say whether they are balanced. */
  opaque: boolean;
}

/**
 * Splits text into words as a POSIX shell does (blanks, backslash, both kinds of quotes); null where only a shell can run
 * it. Throws a SyntaxError where a quote is not closed.
 */
export function splitWords(text: string): readonly string[] | null {
  const scan: Scan = { text, at: 0, needsShell: false, opaque: false };
  const words: string[] = [];
  while (skipBlanks(scan) && !scan.opaque) words.push(readWord(scan));
  return scan.needsShell ? null : words;
}

/** False at the end of the text. */
function skipBlanks(scan: Scan): boolean {
  for (;;) {
    if (isBlank(scan.text[scan.at])) scan.at++;
    else if (scan.text.startsWith("\\\n", scan.at)) scan.at += 2;
    else break;
  }
  if (scan.text[scan.at] === "#") skipComment(scan);
  return scan.at < scan.text.length;
}

/** A comment may hold an apostrophe. */
function skipComment(scan: Scan): void {
  scan.needsShell = true;
  const end = scan.text.indexOf("\n", scan.at);
  scan.at = end < 0 ? scan.text.length : end;
}

function readWord(scan: Scan): string {
  let word = "";
  while (scan.at < scan.text.length && !isBlank(scan.text[scan.at]) && !scan.opaque) {
    const character = scan.text[scan.at]!;
    if (character === "'") word += readSingleQuoted(scan);
    else if (character === '"') word += readDoubleQuoted(scan);
    else if (character === "\\") word += readEscaped(scan);
    else word += readPlain(scan, character);
    // An operator ends a word, and what follows may be a comment.
    if (OPERATORS.has(character)) break;
  }
  return word;
}

function readPlain(scan: Scan, character: string): string {
  if (SPECIAL.has(character)) scan.needsShell = true;
  if (nestsQuotes(scan) || scan.text.startsWith("<<", scan.at)) scan.opaque = true;
  scan.at++;
  return character;
}

function readEscaped(scan: Scan): string {
  const next = scan.text[scan.at + 1];
  scan.at += 2;
  if (next === undefined) return "\\";
  return next === "\n" ? "" : next;
}

function readSingleQuoted(scan: Scan): string {
  const end = scan.text.indexOf("'", scan.at + 1);
  if (end < 0) throw notClosed("single", scan.at);
  const quoted = scan.text.slice(scan.at + 1, end);
  scan.at = end + 1;
  return quoted;
}

function readDoubleQuoted(scan: Scan): string {
  const start = scan.at++;
  let quoted = "";
  while (scan.text[scan.at] !== '"') {
    const character = scan.text[scan.at];
    if (character === undefined) throw notClosed("double", start);
    if (character === "$" || character === "`") scan.needsShell = true;
    if (nestsQuotes(scan)) {
      scan.opaque = true;
      return quoted;
    }
    const next = scan.text[scan.at + 1];
    if (character === "\\" && next !== undefined && ESCAPED_IN_DOUBLE_QUOTES.has(next)) {
      quoted += next === "\n" ? "" : next;
      scan.at += 2;
    } else {
      quoted += character;
      scan.at++;
    }
  }
  scan.at++;
  return quoted;
}

function nestsQuotes(scan: Scan): boolean {
  return scan.text[scan.at] === "`" || scan.text.startsWith("$(", scan.at) || scan.text.startsWith("${", scan.at);
}

function notClosed(kind: string, at: number): SyntaxError {
  return new SyntaxError(`has a ${kind} quote that is not closed (character ${at + 1})`);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
