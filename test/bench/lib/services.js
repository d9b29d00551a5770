// The services that every tool is given: the same two shell scripts, which cost next to nothing, so that the tool is what is
// measured. They report over named pipes, which need no polling: a line when a service runs, end-of-file when the last is gone.
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { argv, environment } from "./proc.js";

const SLEEPER = `#!/bin/sh
exec 9<>"$BENCH_LIFE"
echo "$1 is up"
echo "$1 $$" >>"$BENCH_ARRIVALS"
export BENCH_SERVICE=1
exec sleep 1000000
`;

const CRASHER = `#!/bin/sh
echo "$1 is up"
echo "$1 $$" >>"$BENCH_ARRIVALS"
exit 3
`;

/** Writes the scripts into a folder. */
export function writeServices(folder) {
  mkdirSync(folder, { recursive: true });
  const scripts = { sleeper: `${folder}/sleeper.sh`, crasher: `${folder}/crasher.sh` };
  writeFileSync(scripts.sleeper, SLEEPER, { mode: 0o755 });
  writeFileSync(scripts.crasher, CRASHER, { mode: 0o755 });
  return scripts;
}

/** `count` services: `s1`, `s2`… */
export function services(script, count) {
  return Array.from({ length: count }, (_, index) => ({ name: `s${index + 1}`, argv: [script, `s${index + 1}`] }));
}

/** True for a service and for the shell that is about to become one; what else a tool has started belongs to the tool. */
export function isService(pid) {
  const [program = "", ...words] = argv(pid);
  const script = program.endsWith("sh") && words.slice(0, 2).some((word) => /\/(sleeper|crasher)\.sh( |$)/.test(word));
  return script || environment(pid).includes("BENCH_SERVICE=1");
}

/**
 * Two named pipes in `folder`, for a tool's environment (`env`). `starts()` counts the starts so far, `start(n)` resolves with
 * the n-th of them as `{ at, name, pid }`, and `gone` with the time when the last of the services that ran has ended (for
 * services that do not crash meanwhile). Times are `performance.now()`.
 */
export function listen(folder) {
  const env = { BENCH_ARRIVALS: `${folder}/arrivals`, BENCH_LIFE: `${folder}/life` };
  for (const path of Object.values(env)) run(["mkfifo", path]);
  // Held open for writing as well, so that it never meets its end-of-file.
  const arrivals = reader(env.BENCH_ARRIVALS, constants.O_RDWR);
  const life = reader(env.BENCH_LIFE, constants.O_RDONLY);
  const seen = [];
  const waiting = new Map();
  let carry = "";
  arrivals.on("data", (chunk) => {
    const at = performance.now();
    const lines = (carry + chunk).split("\n");
    carry = lines.pop() ?? "";
    for (const line of lines) {
      const [name, pid] = line.split(" ");
      seen.push({ at, name, pid: Number(pid) });
      waiting.get(seen.length)?.(seen.at(-1));
    }
  });
  const start = (n) => (seen.length >= n ? Promise.resolve(seen[n - 1]) : new Promise((resolve) => waiting.set(n, resolve)));
  const gone = new Promise((resolve) => life.once("end", () => resolve(performance.now())));
  life.resume();
  const close = () => {
    arrivals.destroy();
    life.destroy();
  };
  return { env, starts: () => seen.length, start, gone, close };
}

function reader(path, mode) {
  const fd = openSync(path, mode | constants.O_NONBLOCK);
  try {
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function run([program, ...args]) {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`cannot run ${program} ${args.join(" ")}: ${stderr}`);
}
