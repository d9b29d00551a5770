#!/usr/bin/env node
// By hand: `node test/bench/watch.js [--files N]`.
// What watching N files (20,000) adds to svc's own memory (at most 5 MB), and what its watcher, a process of its own, takes.
// Exits 1 where the target is missed.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readOptions } from "./lib/options.js";

const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const LIMIT_KB = 5 * 1024;
const FILES_IN_A_FOLDER = 100;
/** After this a supervisor is at rest. */
const REST_MS = 3_000;

const { values } = readOptions({ options: { files: { type: "string", default: "20000" } } });
const folder = mkdtempSync(join(tmpdir(), "svc-bench-watch-"));
const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder };

try {
  makeFiles(Number(values.files));
  writeFileSync(join(folder, "services.json"), JSON.stringify({ services: { web: { command: "sleep 3600", watch: ["src"] } } }));
  const without = await measure("--no-watch");
  const watching = await measure();
  const growth = watching.own - without.own;
  console.log(`svc ${without.own} KB, watching ${values.files} files ${watching.own} KB: ${growth} KB more (at most ${LIMIT_KB})`);
  console.log(`its watcher: ${watching.watcher} KB, ready after ${watching.readyMs} ms`);
  if (growth > LIMIT_KB) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function makeFiles(count) {
  for (let file = 0; file < count; file++) {
    const place = join(folder, "src", String(Math.floor(file / FILES_IN_A_FOLDER)));
    if (file % FILES_IN_A_FOLDER === 0) mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${file}.ts`), "");
  }
}

/** Resident kilobytes, once svc is at rest. */
async function measure(...more) {
  const began = performance.now();
  const svc = spawn(process.execPath, [BIN, "start", ...more], { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => svc.once("exit", resolve));
  const expected = more.length === 0 ? "watching for changes" : "web started";
  await new Promise((resolve) => {
    let said = "";
    svc.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
      if (said.includes(expected)) resolve();
    });
  });
  const readyMs = Math.round(performance.now() - began);
  await sleep(REST_MS);
  const watcher = childrenOf(svc.pid).find((pid) => textOf(`/proc/${pid}/cmdline`).includes("watch.cjs"));
  const result = { own: residentKB(svc.pid), watcher: watcher === undefined ? 0 : residentKB(watcher), readyMs };
  svc.kill();
  await ended;
  return result;
}

function childrenOf(parent) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) =>
      textOf(`/proc/${pid}/stat`)
        .replace(/^.*\) \S /s, "")
        .startsWith(`${parent} `),
    );
}

function residentKB(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);
}

function textOf(file) {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
