#!/usr/bin/env node
// By hand: `node test/bench/backoff.js [SECONDS]`. A service that exits 3 at once, with the defaults, for its first 60 s: at most
// eight starts, and each gap from `lastExit.at` to the next `startedAt` within [d, 1.1 d + 150 ms] of 0.5, 1, 2, 4, 8, 16, 30 s.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { readOptions } from "./lib/options.js";

const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const DELAYS_MS = [500, 1000, 2000, 4000, 8000, 16_000, 30_000];
const [seconds = 60] = readOptions({ numbers: true }).positionals;

const folder = mkdtempSync(join(tmpdir(), "svc-backoff-"));
const env = { ...process.env, XDG_RUNTIME_DIR: folder };
const config = { services: { web: { command: ["sh", "-c", "exit 3"] }, other: { command: "sleep 600" } } };
writeFileSync(join(folder, "services.json"), JSON.stringify(config));
const svc = spawn(process.execPath, [BIN, "start"], { cwd: folder, env, stdio: "ignore" });
const ended = new Promise((resolve) => svc.once("exit", resolve));
try {
  report(await watch());
} finally {
  svc.kill("SIGTERM");
  await ended;
  rmSync(folder, { recursive: true, force: true });
}

/** The lives of the service, each as it stands in the list while the restart timer runs. */
async function watch() {
  const lives = new Map();
  let first = Number.NaN;
  while (!(Date.now() - first > seconds * 1000)) {
    const row = await look();
    if (row?.state === "backoff") {
      lives.set(row.restarts, { startedAt: Date.parse(row.startedAt), endedAt: Date.parse(row.lastExit.at) });
      if (row.restarts === 0) first = Date.parse(row.startedAt);
    }
    await after(100);
  }
  return [...lives.values()];
}

async function look() {
  const list = spawn(process.execPath, [BIN, "list", "--json"], { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  for await (const chunk of list.stdout) text += chunk;
  return text === "" ? null : JSON.parse(text).find(({ name }) => name === "web");
}

function report(lives) {
  const gaps = lives.slice(1).map((life, index) => life.startedAt - lives[index].endedAt);
  const lines = gaps.map((gap, index) => {
    const delay = DELAYS_MS[index] ?? 30_000;
    return { gap, delay, most: 1.1 * delay + 150, good: gap >= delay && gap <= 1.1 * delay + 150 };
  });
  for (const { gap, delay, most, good } of lines) console.log(`gap ${gap} ms, within [${delay}, ${most}]: ${good ? "yes" : "NO"}`);
  console.log(`starts in the first ${seconds} s: ${lives.length} (at most 8)`);
  process.exitCode = lives.length <= 8 && lines.every(({ good }) => good) ? 0 : 1;
}
