// Starts what is measured, and ends all of it whatever happens: every process carries a mark in its environment, which its
// children inherit, so that a daemon which has left its parent and its session is found too.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { environment, isAlive, pids } from "./proc.js";

const marked = { SVC_BENCH_RUN: `${process.pid}-${Date.now()}` };
const mark = Object.entries(marked)[0].join("=");
const folders = new Set();
const decoder = new TextDecoder("latin1");

/**
 * Starts a process whose output goes to a pipe that is read, or its stdout to the descriptor `stdout`. `tail()` is the end of that output, for error messages;
 * `ended` resolves with the time of the end, as `performance.now()`, and what it ended with.
 */
export function launch(argv, { env = {}, cwd, stdout = "pipe" } = {}) {
  const child = spawn(argv[0], argv.slice(1), { cwd, env: { ...process.env, ...env, ...marked }, stdio: ["ignore", stdout, "pipe"] });
  let tail = "";
  const keep = (chunk) => {
    tail = (tail + decoder.decode(chunk.subarray(-2000))).slice(-2000);
  };
  child.stdout?.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ at: performance.now(), code, signal }));
  });
  ended.catch(() => {});
  return { child, pid: child.pid, ended, tail: () => tail };
}

/** Folders that are removed at the end. */
export function removeAtEnd(folder) {
  folders.add(folder);
}

/** Installed once, by the program: whichever way it ends, nothing stays. */
export function cleanUpAtEnd() {
  process.once("exit", () => {
    endAll();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));
}

/** The living processes whose environment holds this `NAME=value`; without it, all that this run has started. */
export function startedHere(entry = mark) {
  return pids().filter((pid) => environment(pid).includes(entry) && isAlive(pid));
}

/** Kills all that carry the entry, and again those that were just being started, until none is found. */
export function endAll(entry = mark) {
  for (let found = startedHere(entry); found.length > 0; found = startedHere(entry)) {
    for (const pid of found) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    }
  }
}
