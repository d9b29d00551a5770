import type { GlobalOptions } from "./command.ts";

/** For people: missing under `--quiet`. */
export function say({ quiet }: GlobalOptions, line: string): void {
  if (!quiet) process.stdout.write(`${line}\n`);
}

/** What was asked for. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}
