#!/usr/bin/env node
// By hand: `node test/bench/sockets.js [RATE] [RESTARTS]`. RATE new connections a second (1,000) to a service with a `socket`, while
// `svc restart web` runs RESTARTS times (5): with one instance and with two, none may be refused and none may fail. Then a new
// version that does not get up: the command exits 1, and what runs of the old one serves on. Linux, with svc's native part.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOptions } from "./lib/options.js";

const BIN = new URL("../../bin/svc.js", import.meta.url).pathname;
const FIXTURES = new URL("../fixtures/", import.meta.url).pathname;
const [rate = 1000, restarts = 5] = readOptions({ numbers: true }).positionals;

for (const instances of [1, 2]) await measure(instances);

async function measure(instances) {
  const folder = mkdtempSync(join(tmpdir(), "svc-sockets-"));
  const port = await freePort();
  const env = { ...process.env, XDG_RUNTIME_DIR: folder };
  const web = { command: ["node", "listens.cjs"], socket: { port, host: "127.0.0.1" }, instances, ready: { message: true } };
  copyFileSync(`${FIXTURES}services/listens.cjs`, join(folder, "listens.cjs"));
  writeFileSync(join(folder, "services.json"), JSON.stringify({ services: { web } }));
  const svc = (...args) => follow(spawn(process.execPath, [BIN, ...args], { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] }));
  const supervisor = svc("start");
  try {
    await supervisor.says(new RegExp(`web\\.${instances} is ready`));
    await underLoad(port, `${instances} instance(s), ${restarts} restarts`, async () => {
      for (let done = 0; done < restarts; done++) expectCode(await svc("restart", "web").ended, 0);
    });
    if (instances === 1) return;
    writeFileSync(join(folder, "broken"), "");
    await underLoad(port, "a broken new version", async () => expectCode(await svc("restart", "web").ended, 1));
  } finally {
    await svc("stop").ended;
    await supervisor.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints what became of the connections that were opened while `work` ran. */
async function underLoad(port, title, work) {
  const argv = [`${FIXTURES}processes/connects.js`, String(port), String(rate)];
  const load = spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  load.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const ended = new Promise((resolve) => load.once("close", resolve));
  await once(load.stdout, "data");
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  load.stdin.end();
  await ended;
  const { opened, answered, failed, slowestMs, pids } = JSON.parse(text.slice(text.indexOf("{")));
  const speed = Math.round(opened / seconds);
  console.log(
    `${title}: ${opened} connections in ${seconds.toFixed(1)} s (${speed}/s), ${answered} answered by ${Object.keys(pids).length} processes, ` +
      `failed ${JSON.stringify(failed)}, the slowest after ${slowestMs} ms`,
  );
  if (opened === 0 || answered !== opened) process.exitCode = 1;
}

function expectCode(code, wanted) {
  if (code === wanted) return;
  console.log(`svc restart exited ${code}, not ${wanted}`);
  process.exitCode = 1;
}

function follow(child) {
  let text = "";
  const ended = new Promise((resolve) => child.once("close", resolve));
  const says = (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => pattern.test(text) && resolve();
      child.stderr.on("data", look);
      ended.then(() => reject(new Error(`no ${pattern} in ${text}`)));
    });
  child.stderr.on("data", (chunk) => {
    text += chunk;
  });
  return { ended, says };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
