// `npm run chaos [-- --rounds N] [--seed N] [--only ROUND] [--node PATH] [--verbose]`
// Each round starts svc with random services and shoots at it: commands at random moments, kill -9 of services, of svc's keeper,
// of svc itself; then it ends svc in a random way. Prints what was violated, with the seed that repeats it as far as timing
// allows, and exits 1. Linux only: it reads /proc.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cleanUpAtEnd } from "../bench/lib/guard.js";
import { readOptions } from "../bench/lib/options.js";
import { createDice } from "./dice.js";
import { playRound } from "./round.js";

const BUILT = fileURLToPath(new URL("../../dist/bundle/main.js", import.meta.url));

const { values: options } = readOptions({
  options: {
    rounds: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string" },
    node: { type: "string", default: process.execPath },
    verbose: { type: "boolean", default: false },
  },
});

cleanUpAtEnd();
process.exitCode = await main();

async function main() {
  if (!existsSync(BUILT)) {
    console.error("cannot begin: svc is not built; run `npm run build`");
    return 2;
  }
  const rounds = Array.from({ length: Number(options.rounds) }, (_, index) => index + 1);
  const played = options.only === undefined ? rounds : [Number(options.only)];
  let violated = 0;
  for (const round of played) violated += await play(round);
  console.log(`seed ${options.seed}: ${played.length} rounds, ${violated} violations`);
  return violated === 0 ? 0 : 1;
}

async function play(round) {
  if (options.verbose) console.log(`round ${round}`);
  const violations = await playRound(createDice(Number(options.seed) * 1009 + round), options);
  for (const violation of violations) console.log(`round ${round} (--seed ${options.seed} --only ${round}): ${violation}`);
  return violations.length;
}
