// What /proc says about processes (proc(5)): the one measure that is the same for every tool.
import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second in /proc/PID/stat: 100 on every Linux that Node runs on (USER_HZ is part of the kernel's ABI). */
const TICKS = 100;

/** @returns {number[]} */
export function pids() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The environment that a process was started with, as `NAME=value` strings; empty where it is gone or not ours. */
export function environment(pid) {
  return read(pid, "environ")?.split("\0") ?? [];
}

/** @returns {string[]} */
export function argv(pid) {
  return read(pid, "cmdline")?.split("\0").slice(0, -1) ?? [];
}

/** A zombie has ended: only its parent has not yet looked. */
export function isAlive(pid) {
  const fields = stat(pid);
  return fields !== null && fields[0] !== "Z" && fields[0] !== "X";
}

/** Memory in MB (10^6 bytes): resident now (VmRSS), and the most that was ever resident (VmHWM). */
export function memoryMB(pid) {
  const status = read(pid, "status") ?? "";
  const field = (name) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024) / 1e6;
  return { resident: field("VmRSS"), peak: field("VmHWM") };
}

/** Processor time in seconds: of the process itself, and of all the children that it (and they) have reaped. */
export function processorTime(pid) {
  const fields = stat(pid);
  if (fields === null) return { own: 0, reaped: 0 };
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
  return { own: (utime + stime) / TICKS, reaped: (cutime + cstime) / TICKS };
}

/** The fields after the command's name, which may itself hold blanks and brackets; the first is the state. */
function stat(pid) {
  const text = read(pid, "stat");
  return text === null ? null : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return null;
  }
}
