import { type ByteString, type Bytes, cutAt } from "./bytes.ts";

/** A longer line is cut into pieces of this size (less up to three bytes where a character would be cut). */
export const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Whole lines of one stream, without the newline that ends the last of them: `head`, then the bytes of `body` before
 * `end`. They stay apart because on the usual path nobody needs them as one string. The body is the chunk's own memory:
 * who keeps it beyond the call copies it, and what stands behind its last newline may be overwritten.
 */
export interface Lines {
  readonly head: ByteString;
  readonly body: Bytes | null;
  readonly end: number;
  /** True for a piece of a line that goes on in the next `Lines`; then it is the only line. */
  readonly continued: boolean;
}

export interface Splitter {
  push(chunk: Bytes): void;
  /** The stream has ended: its last line may lack a newline. */
  end(): void;
}

/** Calls `emit` with the lines that each chunk completes. Every byte is handled a bounded number of times, whatever the cuts. */
export function createSplitter(emit: (lines: Lines) => void, maxLine: number = MAX_LINE_BYTES): Splitter {
  const held = createHold();

  const pushLong = (text: ByteString): void => {
    const lines = text.split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) emit(linesOf(cutPieces(line, maxLine, emit)));
    held.add(cutPieces(rest, maxLine, emit));
  };

  return {
    push(chunk) {
      // Only then can a line be too long.
      if (held.bytes() + chunk.length > maxLine) {
        pushLong(held.take() + chunk.toString("latin1"));
        return;
      }
      const end = chunk.lastIndexOf(10);
      const rest = end + 1 < chunk.length ? chunk.toString("latin1", end + 1) : "";
      if (end >= 0) emit({ head: held.take(), body: chunk, end, continued: false });
      if (rest.length > 0) held.add(rest);
    },
    end() {
      if (held.bytes() > 0) emit(linesOf(held.take()));
    },
  };
}

export function linesOf(text: ByteString, continued = false): Lines {
  return { head: text, body: null, end: 0, continued };
}

export function textOf(lines: Lines): ByteString {
  return lines.body === null ? lines.head : lines.head + lines.body.toString("latin1", 0, lines.end);
}

export function byteLength(lines: Lines): number {
  return lines.head.length + lines.end;
}

export function countLines(text: ByteString): number {
  let count = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** Emits what is too long about the line, and returns the rest of it. */
function cutPieces(line: ByteString, maxLine: number, emit: (lines: Lines) => void): ByteString {
  let rest = line;
  while (rest.length > maxLine) {
    const at = cutAt(rest, maxLine);
    emit(linesOf(rest.slice(0, at), true));
    rest = rest.slice(at);
  }
  return rest;
}

/** Many small parts are joined now and then, so that a service that writes byte by byte costs no more than its bytes. */
const PARTS = 256;

interface Hold {
  bytes(): number;
  add(text: ByteString): void;
  take(): ByteString;
}

/** The line that has not ended yet, in parts: joining them at each chunk would cost quadratic time. */
function createHold(): Hold {
  let joined: ByteString[] = [];
  let parts: ByteString[] = [];
  let bytes = 0;
  return {
    bytes: () => bytes,
    add(text) {
      bytes += text.length;
      parts.push(text);
      if (parts.length < PARTS) return;
      joined.push(parts.join(""));
      parts = [];
    },
    take() {
      if (bytes === 0) return "";
      const text = joined.length === 0 && parts.length === 1 ? (parts[0] ?? "") : joined.concat(parts).join("");
      joined = [];
      parts = [];
      bytes = 0;
      return text;
    },
  };
}
