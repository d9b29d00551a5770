// The services that every tool is given: the same shell scripts, which cost next to nothing, so that the tool is what is
// measured. They report over named pipes, which need no polling: a line when a service runs, end-of-file when the last is gone.
import { mkdirSync, writeFileSync } from "node:fs";
import { makePipe, readPipe } from "./pipe.js";
import { argv, environment } from "./proc.js";

const SLEEPER = `#!/bin/sh
exec 9<>"$BENCH_LIFE"
echo "$1 is up"
echo "$1 $$" >>"$BENCH_ARRIVALS"
export BENCH_SERVICE=1
exec sleep 1000000
`;

/** One program that runs and stays, no second one. */
const WAITER = `#!/bin/sh
echo "$1 $$" >>"$BENCH_ARRIVALS"
read -r nothing <>"$BENCH_LIFE"
`;

const CRASHER = `#!/bin/sh
echo "$1 is up"
echo "$1 $$" >>"$BENCH_ARRIVALS"
exit 3
`;

/** The last line of each writer. */
export const LAST_LINE = "That was all.";

/** Reports its start, and that svc has taken all but what is left in the pipe. */
const WRITER = `#!/bin/sh
echo "writer $$" >>"$BENCH_ARRIVALS"
cat "$1"
echo "${LAST_LINE}"
echo "writer $$" >>"$BENCH_ARRIVALS"
export BENCH_SERVICE=1
exec sleep 1000000
`;

/** A write() for each line. */
const LINER = `#!/bin/sh
perl -e 'my $line = "x" x 80 . "\\n"; syswrite(STDOUT, $line) for 1..$ARGV[0]' "$1"
echo "${LAST_LINE}"
export BENCH_SERVICE=1
exec sleep 1000000
`;

const FLOOD = `#!/bin/sh
export BENCH_SERVICE=1
exec yes
`;

/** Writes the scripts into a folder; their paths by name. */
export function writeServices(folder) {
  mkdirSync(folder, { recursive: true });
  const scripts = Object.entries({ sleeper: SLEEPER, waiter: WAITER, crasher: CRASHER, writer: WRITER, liner: LINER, flood: FLOOD });
  for (const [name, text] of scripts) writeFileSync(`${folder}/${name}.sh`, text, { mode: 0o755 });
  return Object.fromEntries(scripts.map(([name]) => [name, `${folder}/${name}.sh`]));
}

/** `count` services: `s1`, `s2`…, each given its name unless there is another argument. */
export function services(script, count, argument) {
  const names = Array.from({ length: count }, (_, index) => `s${index + 1}`);
  return names.map((name) => ({ name, argv: [script, argument ?? name] }));
}

/** True for a service and for the shell that is about to become one; what else a tool has started belongs to the tool. */
export function isService(pid) {
  const [program = "", ...words] = argv(pid);
  const script =
    program.endsWith("sh") && words.slice(0, 2).some((word) => /\/(sleeper|waiter|crasher|writer|liner|flood)\.sh( |$)/.test(word));
  return script || environment(pid).includes("BENCH_SERVICE=1");
}

/**
 * Two named pipes in `folder`, for a tool's environment (`env`). `starts()` counts the starts so far, `start(n)` resolves with
 * the n-th of them as `{ at, name, pid }`, and `gone` with the time when the last of the services that ran has ended (for
 * services that do not crash meanwhile). Times are `performance.now()`.
 */
export function listen(folder) {
  const env = { BENCH_ARRIVALS: `${folder}/arrivals`, BENCH_LIFE: `${folder}/life` };
  const arrivals = readPipe(makePipe(env.BENCH_ARRIVALS), { endless: true });
  const life = readPipe(makePipe(env.BENCH_LIFE));
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
