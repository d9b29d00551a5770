import type { Readable } from "node:stream";
import { until } from "./until.ts";

/** Everything that has arrived on a stream so far. */
export function collect(stream: Readable): { readonly text: () => string; readonly lines: () => string[] } {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return { text: () => text, lines: () => text.split("\n").filter(Boolean) };
}

/** Waits for a whole line that starts with this text, and returns it: `await lineFrom(child.stdout, "ready")`. */
export async function lineFrom(stream: Readable, start: string): Promise<string> {
  const output = collect(stream);
  const find = (): string | undefined => {
    const whole = output.text().split("\n").slice(0, -1);
    return whole.find((line) => line.startsWith(start));
  };
  await until(find, { what: `a line "${start}…"` });
  return find() ?? "";
}
