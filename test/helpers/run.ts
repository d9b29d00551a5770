import { HEARD } from "../../src/cli/signals.ts";
import { seen } from "./processes.ts";
import type { Stage } from "./svc.ts";
import { until } from "./until.ts";

const FIXTURES = new URL("../fixtures/run/", import.meta.url).pathname;

export function fixture(name: string): string {
  return `${FIXTURES}${name}`;
}

/** A command that notes its signals in the file "notes" and ends with 5 at the last one; see the fixture. */
export function notesSignals(last: string, ...more: readonly string[]): string[] {
  return ["perl", fixture("notes-signals.pl"), "notes", last, ...more];
}

/** Waits until so many processes have noted that they are ready; their pids by name. */
export async function noters(stage: Stage, count: number): Promise<Record<string, number>> {
  const ready = () => stage.lines("notes").filter((line) => line.includes(" ready "));
  await until(() => ready().length === count, { what: `${count} ready` });
  return Object.fromEntries(ready().map((line) => [line.split(" ")[0], Number(line.split(" ")[2])]));
}

/** Waits until a process of this program has the terminal: a shell says that it resumes a job before it gives it the keys. */
export async function inForeground(stage: Stage, name: string): Promise<void> {
  const has = (pid: number): boolean => {
    const one = seen(pid);
    return one !== null && one.name === name && one.foreground === one.pgrp && one.state !== "T";
  };
  await until(() => stage.left().some(has), { what: `${name} in the foreground` });
}

/** What was noted after that, sorted where several processes note. */
export function noted(stage: Stage): string[] {
  return stage.lines("notes").filter((line) => !line.includes(" ready "));
}

export const heard = HEARD.map((signal) => signal.slice(3));
