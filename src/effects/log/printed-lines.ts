import { once } from "node:events";
import type { Readable } from "node:stream";

/** Longer lines are passed on in pieces: what a process may write has no end, memory has one. */
const MAX_CHARACTERS = 64 * 1024;
/** How long the pipes of a process that has ended are read on where a descendant holds them open. */
const HELD_MS = 500;

/** Calls `onLine` with each line that comes out of the pipes; what is returned resolves when they are read, and lets go of them. */
export function readPrinted(pipes: readonly Readable[], onLine: (line: string) => void): () => Promise<void> {
  const read = Promise.all(pipes.map((pipe) => readLines(pipe, onLine)));
  return async () => {
    const late = setTimeout(() => {
      for (const pipe of pipes) pipe.destroy();
    }, HELD_MS);
    await read;
    clearTimeout(late);
  };
}

/** Calls `onLine` with each line, without its end; resolves when the pipe is closed. */
export async function readLines(pipe: Readable, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  pipe.setEncoding("utf8");
  pipe.on("data", (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
    if (rest.length <= MAX_CHARACTERS) return;
    onLine(rest);
    rest = "";
  });
  // A reset is an end, too.
  pipe.on("error", () => pipe.destroy());
  if (!pipe.closed) await once(pipe, "close");
  if (rest !== "") onLine(rest);
}
