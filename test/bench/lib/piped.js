// Programs that pump the output of services into a named pipe, and what that costs them from the first line to the last.
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endAll, launch } from "./guard.js";
import { makePipe, readPipe, writePipe } from "./pipe.js";
import { memoryMB, processorTime } from "./proc.js";
import { LAST_LINE } from "./services.js";
import { sleep, within } from "./stats.js";

const BARE = fileURLToPath(new URL("../pump/bare.js", import.meta.url));
/** What is still on its way to a file when the last line has arrived at the pipe. */
const REST_MS = 100;

/** Starts the program with its stdout in a pipe, and gives it and the pipe's reader to `act`. */
export async function piped({ name, start }, list, folder, act) {
  const path = makePipe(join(folder, `out-${performance.now()}`));
  const reader = readPipe(path);
  const stdout = writePipe(path);
  const running = start(list, { stdout });
  closeSync(stdout);
  try {
    return await within(300_000, `the last line under ${name}`, act(running, reader), running.said);
  } finally {
    running.end();
    reader.destroy();
  }
}

/** Starts the program with its stdout thrown away, for what it writes elsewhere; the same figures, from the first start on. */
export async function unheard({ name, start }, list) {
  const stdout = openSync("/dev/null", "w");
  const running = start(list, { stdout });
  closeSync(stdout);
  try {
    return await within(300_000, `the last line under ${name}`, writersDone(running, list.length), running.said);
  } finally {
    running.end();
  }
}

async function writersDone(running, writers) {
  await running.start(1);
  const before = total(running.processes(), cpu);
  await running.start(2 * writers);
  await sleep(REST_MS);
  return used(running, before);
}

/**
 * Reads until the last line of each of `writers` has arrived, and `bytes` at least: processor seconds from the first line on
 * (with its start a tool would be measured by the size of the run), and peak memory of the program. The reader does as little as it can: one that cannot keep up would be what is measured.
 */
export function measure(writers, atLeast) {
  return async (running, reader) => {
    let bytes = 0;
    let ends = 0;
    let carry = Buffer.alloc(0);
    let before = null;
    for await (const chunk of reader) {
      before ??= total(running.processes(), cpu);
      bytes += chunk.length;
      const seam = Buffer.concat([carry, chunk.subarray(0, LAST_LINE.length - 1)]);
      ends += occurrences(chunk, LAST_LINE) + occurrences(seam, LAST_LINE);
      carry = Buffer.concat([carry, chunk.subarray(1 - LAST_LINE.length)]).subarray(1 - LAST_LINE.length);
      if (ends === writers) break;
    }
    if (ends < writers || bytes < atLeast) throw new Error(`the output ended after ${bytes} bytes\n${running.said()}`);
    await sleep(REST_MS);
    return used(running, before);
  };
}

function used(running, before) {
  const pids = running.processes();
  return { cpu: Math.max(0.01, total(pids, cpu) - before), peak: total(pids, (pid) => memoryMB(pid).peak) };
}

/** A program that copies the services' pipes as they are. */
export function bareCopy(node, folder) {
  const start = (list, { stdout }) => {
    const config = join(folder, "bare.json");
    writeFileSync(config, JSON.stringify({ services: Object.fromEntries(list.map(({ name, argv }) => [name, { command: argv }])) }));
    const { pid, tail } = launch([node.path, BARE, config], { stdout });
    return { processes: () => [pid], said: () => `the bare copy said: ${tail()}`, end: () => endAll() };
  };
  return { name: "bare", start };
}

/** The services into one pipe, and `cat` from there: what the kernel alone takes. */
export function catCopy(folder) {
  const start = (list, { stdout }) => {
    const path = makePipe(join(folder, `cat-${performance.now()}`));
    const { pid, tail } = launch(["cat", path], { stdout });
    const shared = writePipe(path);
    for (const { argv } of list) launch(argv, { stdout: shared });
    closeSync(shared);
    return { processes: () => [pid], said: () => `cat said: ${tail()}`, end: () => endAll() };
  };
  return { name: "cat", start };
}

function cpu(pid) {
  return processorTime(pid).own;
}

export function total(pids, measured) {
  return pids.reduce((sum, pid) => sum + measured(pid), 0);
}

function occurrences(buffer, text) {
  let count = 0;
  for (let at = buffer.indexOf(text); at >= 0; at = buffer.indexOf(text, at + text.length)) count += 1;
  return count;
}
