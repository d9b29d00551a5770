/** Where a text stops being JSON, and what is wrong there. */
export interface JsonFault {
  readonly offset: number;
  readonly text: string;
}

/**
 * Finds the first fault of a text that `JSON.parse` refuses; null where there is none. `JSON.parse` itself names no place on
 * Node 20 ("Unexpected token } … is not valid JSON"), and a different one on every newer version.
 */
export function findJsonFault(text: string): JsonFault | null {
  const reader: Reader = { text, at: 0 };
  try {
    readValue(reader, 0);
    skipSpace(reader);
    return reader.at < text.length ? describeFault(reader, "expected the end of the file") : null;
  } catch (fault) {
    if (isFault(fault)) return fault;
    throw fault;
  }
}

interface Reader {
  readonly text: string;
  at: number;
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const ATOM = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;
const SPACE = /[ \t\r\n]*/y;
const DEEPEST = 1000;

function readValue(reader: Reader, depth: number): void {
  if (depth > DEEPEST) throw describeFault(reader, "nested too deeply");
  skipSpace(reader);
  if (take(reader, "{")) readItems(reader, "}", () => readMember(reader, depth));
  else if (take(reader, "[")) readItems(reader, "]", () => readValue(reader, depth + 1));
  else if (!match(reader, STRING) && !match(reader, ATOM)) throw describeFault(reader, "expected a value");
}

function readItems(reader: Reader, end: string, readItem: () => void): void {
  skipSpace(reader);
  if (take(reader, end)) return;
  for (;;) {
    readItem();
    skipSpace(reader);
    if (take(reader, end)) return;
    const comma = reader.at;
    if (!take(reader, ",")) throw describeFault(reader, `expected "," or "${end}"`);
    skipSpace(reader);
    if (reader.text[reader.at] === end) throw { offset: comma, text: `there is a comma too many before "${end}"` } satisfies JsonFault;
  }
}

function readMember(reader: Reader, depth: number): void {
  skipSpace(reader);
  if (!match(reader, STRING)) throw describeFault(reader, "expected a key in double quotes");
  skipSpace(reader);
  if (!take(reader, ":")) throw describeFault(reader, 'expected ":" after the key');
  readValue(reader, depth + 1);
}

function describeFault(reader: Reader, expected: string): JsonFault {
  const rest = reader.text.slice(reader.at);
  if (rest === "") return { offset: reader.at, text: `${expected}, but the file ends here` };
  if (rest.startsWith("//") || rest.startsWith("/*"))
    return { offset: reader.at, text: "JSON knows no comments; services.js or services.ts does" };
  if (rest.startsWith("'")) return { offset: reader.at, text: `${expected}; JSON knows double quotes only` };
  return { offset: reader.at, text: expected };
}

function isFault(value: unknown): value is JsonFault {
  return typeof value === "object" && value !== null && "offset" in value && !(value instanceof Error);
}

function skipSpace(reader: Reader): void {
  match(reader, SPACE);
}

function take(reader: Reader, character: string): boolean {
  if (reader.text[reader.at] !== character) return false;
  reader.at++;
  return true;
}

function match(reader: Reader, pattern: RegExp): boolean {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (!found) return false;
  reader.at = pattern.lastIndex;
  return true;
}
