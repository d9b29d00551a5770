import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import type { LogRecord } from "../../src/core/protocol.ts";
import type { LogFile } from "../../src/core/spec.ts";
import { until } from "./until.ts";

const HUB = new URL("../fixtures/logs/hub.js", import.meta.url).pathname;
const NUMBERS = new URL("../fixtures/logs/numbers.js", import.meta.url).pathname;

export interface HubPlan {
  readonly services: Readonly<Record<string, readonly string[]>>;
  readonly format?: "pretty" | "plain" | "json";
  readonly flushMs?: number;
  /** Flushes when it gets a message, not when all services have ended. */
  readonly flushOnMessage?: boolean;
  /** Reads the pipes of a process only after its exit. */
  readonly attachLate?: boolean;
  /** All services are written to this file too. */
  readonly file?: LogFile;
}

export interface Done {
  readonly dropped: number;
  readonly recent: Readonly<Record<string, readonly LogRecord[]>>;
}

export interface RunningHub {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The first message with this event (of this service). */
  heard(event: string, name?: string): Promise<Record<string, unknown>>;
  done(): Promise<Done>;
  /** It has ended, and all that it wrote has been read. */
  readonly closed: Promise<void>;
}

/** `merged`: stderr is the same pipe as stdout. */
export type Outputs = "apart" | "merged" | { readonly stdout: number };

/** Starts the hub of the fixture. Its outputs are pipes, and nothing is read from them until the test does. */
export function startHub(plan: HubPlan, env: Readonly<Record<string, string>>, outputs: Outputs = "apart"): RunningHub {
  const stdio: StdioOptions = ["ignore", typeof outputs === "object" ? outputs.stdout : "pipe", "pipe", "ipc"];
  const shell = outputs === "merged" ? ["sh", "-c", 'exec "$0" "$@" 2>&1'] : [];
  const [file = "", ...args] = [...shell, ...hubCommand(plan)];
  const child = spawn(file, args, { env, stdio });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const messages: Record<string, unknown>[] = [];
  child.on("message", (message) => messages.push(message as Record<string, unknown>));
  const find = (event: string, name?: string) => messages.find((one) => one.event === event && (name === undefined || one.name === name));
  const heard = (event: string, name?: string) =>
    until(() => find(event, name), { what: `the message ${event} ${name ?? ""}` }).then((one) => one as Record<string, unknown>);
  return { child, pid: child.pid ?? 0, heard, done: async () => (await heard("done")) as unknown as Done, closed };
}

export function hubCommand(plan: HubPlan): string[] {
  return [process.execPath, HUB, JSON.stringify(plan)];
}

/** A command that writes so many numbered lines. */
export function numbers(tag: string, count: number, fd = 1): string[] {
  return [process.execPath, NUMBERS, tag, String(count), String(fd)];
}

/** Fails where a numbered line of the tag is missing, torn, doubled or out of order. */
export function expectNumbers(lines: readonly string[], name: string, tag: string, count: number): void {
  const own = lines.filter((line) => line.includes(`${tag}:`));
  const prefix = new RegExp(`^${name} +\\| ${tag}:(\\d+):(x*)\\.$`);
  own.forEach((line, at) => {
    const [, number, padding] = prefix.exec(line) ?? [];
    if (Number(number) !== at || padding?.length !== (at * 7919) % 300)
      throw new Error(`line ${at} of ${tag} is wrong: ${line.slice(0, 400)}`);
  });
  if (own.length !== count) throw new Error(`${tag}: ${own.length} lines instead of ${count}`);
}

/** Peak resident memory in MB (10^6 bytes). */
export function peakMB(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return (Number(kib) * 1024) / 1e6;
}

/** Processor time in clock ticks, and the state; a process that waits for a processor is no process at rest. */
function pulse(pid: number): { readonly ticks: number; readonly asleep: boolean } {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { ticks: Number(fields[11]) + Number(fields[12]), asleep: fields[0] === "S" };
}

/** Waits until the hub has begun to write, and then does nothing any more, as nobody reads its stdout: no processor time over twenty looks. */
export async function stalls({ child, pid }: RunningHub): Promise<void> {
  await once(child.stdout as Readable, "readable");
  await isAtRest(pid);
}

export async function isAtRest(pid: number): Promise<void> {
  let quiet = 0;
  let before = -1;
  const look = (): boolean => {
    const { ticks, asleep } = pulse(pid);
    quiet = asleep && ticks === before ? quiet + 1 : 0;
    before = ticks;
    return quiet >= 20;
  };
  await until(look, { what: `process ${pid} comes to rest`, interval: 20 });
}
