#!/usr/bin/env node
// By hand: `node test/bench/essential.js [RUNS]`. An essential service exits 3, beside one that takes 300 ms to stop: for each
// restart setting svc must exit 3, within 300 ms of the end of the last service, which notes the time as its last act.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanUpAtEnd, launch, removeAtEnd } from "./lib/guard.js";
import { readOptions } from "./lib/options.js";

const BIN = fileURLToPath(new URL("../../bin/svc.js", import.meta.url));
const MARKS = fileURLToPath(new URL("../fixtures/services/marks.pl", import.meta.url));
const MOST_MS = 300;
const [runs = 5] = readOptions({ numbers: true }).positionals;

const limited = { backoff: { initial: "1ms", max: "1ms" }, maxRestarts: { count: 1, within: "1m" } };
const SETTINGS = {
  never: { restart: "never" },
  "on-failure, with a limit": { restart: "on-failure", ...limited },
  "on-failure, where 3 is a success": { restart: "on-failure", successExitCodes: [0, 3] },
  "always, with a limit": { restart: "always", ...limited },
};

cleanUpAtEnd();
process.exitCode = await main();

async function main() {
  let good = true;
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const rounds = [];
    for (let run = 0; run < runs; run++) rounds.push(await measure(setting));
    const gaps = rounds.map(({ gap }) => gap).sort((a, b) => a - b);
    const codes = [...new Set(rounds.map(({ code }) => code))];
    const holds = codes.join() === "3" && gaps.at(-1) <= MOST_MS;
    good &&= holds;
    const median = gaps[Math.floor(gaps.length / 2)];
    console.log(`${name}: exits ${codes.join(", ")}, ${median} ms after the last end, ${gaps.at(-1)} at most: ${holds ? "yes" : "NO"}`);
  }
  return good ? 0 : 1;
}

async function measure(setting) {
  const folder = mkdtempSync(join(tmpdir(), "svc-essential-"));
  removeAtEnd(folder);
  const [runtime, home, cwd] = ["run", "home", "app"].map((name) => join(folder, name));
  for (const one of [runtime, home, cwd]) mkdirSync(one, { mode: 0o700 });
  const marks = join(folder, "marks");
  const web = { command: ["perl", MARKS, marks, "0", "0.3"], ready: { log: "ready" } };
  const job = { command: ["sh", "-c", "exit 3"], essential: true, dependsOn: ["web"], ...setting };
  writeFileSync(join(cwd, "services.json"), JSON.stringify({ services: { web, job } }));
  const svc = launch([process.execPath, BIN, "start"], { cwd, env: { XDG_RUNTIME_DIR: runtime, HOME: home } });
  const { code, at } = await svc.ended;
  const end = Number(/^web end (.*)$/m.exec(readFileSync(marks, "utf8"))?.[1]) * 1000;
  return { code, gap: Math.round(performance.timeOrigin + at - end) };
}
