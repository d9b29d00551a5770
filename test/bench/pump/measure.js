// One run of a program that writes to a pipe: what it cost, and what arrived.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, createReadStream, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** How often /proc is looked at; the last look before the end is what counts. */
const LOOK_MS = 2;

/** Runs the program with a reader that throws all away. CPU in seconds, of its own threads only; peak memory in MB (10^6). */
export async function cost(argv, folder) {
  const fifo = makeFifo(folder);
  const reader = spawn("cat", [fifo], { stdio: ["ignore", "ignore", "inherit"] });
  const { child, ended } = start(argv, fifo);
  const used = { cpu: 0, peak: 0 };
  const timer = setInterval(() => look(child.pid, used), LOOK_MS);
  await ended;
  clearInterval(timer);
  reader.kill();
  rmSync(fifo);
  return used;
}

/** Runs the program and calls `onLine` with each line of its output. */
export async function read(argv, folder, onLine) {
  const fifo = makeFifo(folder);
  const { ended } = start(argv, fifo);
  let rest = "";
  for await (const chunk of createReadStream(fifo, { encoding: "latin1", highWaterMark: 1 << 18 })) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) onLine(line);
  }
  if (rest !== "") throw new Error(`the output ends inside a line: ${JSON.stringify(rest.slice(0, 200))}`);
  await ended;
  rmSync(fifo);
}

/** Runs the program with a reader that takes some and then nothing, for `ms`; the peak memory in MB. */
export async function stall(argv, folder, ms) {
  const fifo = makeFifo(folder);
  const { child, ended } = start(argv, fifo);
  const reader = createReadStream(fifo);
  await new Promise((resolve) => reader.once("data", resolve));
  reader.pause();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const used = { cpu: 0, peak: 0 };
  look(child.pid, used);
  child.kill("SIGKILL");
  reader.destroy();
  await ended;
  rmSync(fifo);
  return used.peak;
}

let fifos = 0;
function makeFifo(folder) {
  fifos += 1;
  const path = join(folder, `out-${fifos}`);
  const { status } = spawnSync("mkfifo", [path], { stdio: "inherit" });
  if (status !== 0) throw new Error(`cannot make the pipe ${path}`);
  return path;
}

/** A pipe of the kernel's own kind, as under a shell: Node's `pipe` is a socket. */
function start(argv, fifo) {
  // Reading and writing, as opening it for writing only waits for a reader.
  const fd = openSync(fifo, constants.O_RDWR);
  const child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", fd, "inherit"] });
  // The reader must have come before the last writer goes: it reads an end otherwise.
  setTimeout(() => closeSync(fd), 500);
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  return { child, ended };
}

/** Nanoseconds on a processor, by thread, where the kernel counts them (proc(5): schedstat). */
function look(pid, used) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const ns = threads.map((tid) => Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, "latin1").split(" ")[0]));
    const cpu = ns.reduce((sum, one) => sum + one, 0) / 1e9;
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    used.cpu = Math.max(used.cpu, cpu);
    used.peak = Math.max(used.peak, (Number(kib ?? 0) * 1024) / 1e6);
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "ESRCH") throw error;
  }
}
