// `node test/chaos/endings.js [--node PATH]`
// Each of the 256 exit codes, and the death by each signal of 1 to 31 whose default action ends a process, through `svc run`
// and through an essential service of `svc start`, with the native part and without it: svc's own exit code must say it.
// Prints what does not, and exits 1. Some 1,100 starts of svc: minutes.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readOptions } from "../bench/lib/options.js";

const BIN = fileURLToPath(new URL("../../bin/svc.js", import.meta.url));
const HARMLESS = ["SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"];

const { values: options } = readOptions({ options: { node: { type: "string", default: process.execPath } } });
const folder = mkdtempSync(join(tmpdir(), "svc-endings-"));
try {
  const wrong = await judgeAll([...cases()]);
  for (const words of wrong) console.log(words);
  console.log(`${wrong.length} wrong`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

function* cases() {
  for (const variables of [{}, { SVC_NO_NATIVE: "1" }]) {
    for (const way of [throughRun, throughEssential]) {
      for (let code = 0; code < 256; code += 1) yield { way, variables, script: `exit ${code}`, expected: code };
      for (const number of deadly()) yield { way, variables, script: `ulimit -c 0; kill -${number} $$`, expected: 128 + number };
    }
  }
}

function deadly() {
  const named = Object.entries(constants.signals).filter(([name, number]) => number <= 31 && !HARMLESS.includes(name));
  return [...new Set(named.map(([, number]) => number))];
}

async function judgeAll(all) {
  const wrong = [];
  let next = 0;
  const lane = async () => {
    while (next < all.length) {
      const number = next++;
      const { way, variables, script, expected } = all[number];
      const own = join(folder, String(number));
      mkdirSync(own, { mode: 0o700 });
      const code = await codeOf([BIN, ...way(own, script)], own, variables);
      if (code !== expected) wrong.push(`${way.name} ${JSON.stringify(variables)}: ${script} gave ${code}, not ${expected}`);
      rmSync(own, { recursive: true });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return wrong;
}

function throughRun(_own, script) {
  return ["run", "--", "sh", "-c", script];
}

function throughEssential(own, script) {
  const job = { command: ["sh", "-c", script], restart: "never", essential: true };
  writeFileSync(join(own, "services.json"), JSON.stringify({ services: { job } }));
  return ["start"];
}

function codeOf(argv, own, variables) {
  const env = { ...process.env, XDG_RUNTIME_DIR: own, XDG_STATE_HOME: own, XDG_CACHE_HOME: own, HOME: own, ...variables };
  const child = spawn(options.node, argv, { cwd: own, env, stdio: "ignore" });
  return new Promise((resolve, reject) => child.once("error", reject).once("exit", (code, signal) => resolve(code ?? signal)));
}
