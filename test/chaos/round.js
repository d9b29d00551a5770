import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { endAll, launch, removeAtEnd, startedHere } from "../bench/lib/guard.js";
import { argv, environment, isAlive, pids } from "../bench/lib/proc.js";
import { connect } from "./client.js";
import { cgroupsOf, goesOn, lifeOf } from "./left.js";
import { createRules } from "./rules.js";
import { randomServices } from "./services.js";

const BIN = fileURLToPath(new URL("../../bin/svc.js", import.meta.url));

/** Milliseconds. */
const AT_ONCE = 3_000;
const PATIENCE = 30_000;

/** One svc with random services, driven and shot at. Resolves with the violations, none if all is well. */
export async function playRound(dice, { node, verbose }) {
  const stage = createStage(dice, node);
  const violations = [];
  const complain = (violation) => violations.push(violation);
  const note = verbose ? (words) => console.log(`    ${words}`) : () => {};
  let life = await begin(stage, complain);
  for (let left = dice.between(5, 12); left > 0; left--) {
    await pause(dice.below(300));
    const { name, does } = dice.pick(DEEDS);
    note(name);
    const next = await does(dice, life, stage);
    if (next === "killed") {
      await groupsGone(life, complain);
      life = await begin(stage, complain);
    }
    await look(life);
  }
  await finish(dice, life, stage, complain, note);
  endAll(stage.entry);
  try {
    rmSync(stage.folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    complain(`something still writes: ${error.message}`);
  }
  if (violations.length > 0) violations.push(`the end of what svc said:\n${life.svc.tail()}`);
  return violations;
}

function createStage(dice, node) {
  const folder = mkdtempSync(join(tmpdir(), "svc-chaos-"));
  removeAtEnd(folder);
  const runtime = join(folder, "run");
  for (const one of [runtime, join(folder, "home"), join(folder, "app")]) mkdirSync(one, { mode: 0o700 });
  const services = randomServices(dice, folder);
  writeFileSync(join(folder, "app", "services.json"), JSON.stringify({ shutdownTimeout: "3s", services }));
  const entry = `SVC_CHAOS_ROUND=${folder}`;
  const env = { SVC_CHAOS_ROUND: folder, XDG_RUNTIME_DIR: runtime, HOME: join(folder, "home"), NO_COLOR: "1" };
  return { node, folder, runtime, entry, env, names: Object.keys(services), lives: [], cwd: join(folder, "app") };
}

async function begin(stage, complain) {
  const svc = launch([stage.node, BIN, "start"], { cwd: stage.cwd, env: stage.env });
  const life = { stage, svc, complain, rules: createRules(complain), client: null };
  await within(PATIENCE, async () => {
    life.client = await connect(stage.runtime, svc.pid, (event) => life.rules.event(event));
    return life.client !== null;
  });
  if (life.client === null) throw new Error(`svc does not answer; it said: ${svc.tail()}`);
  stage.lives.push(lifeOf(stage));
  return life;
}

/** What was asked for by a command is waited for or not, as the dice say: the next deed may come in between. */
const command = (name, params) => ({
  name,
  does: async (dice, life, { names }) => {
    const reply = life.client.ask(name, params(dice, dice.pick(names)));
    if (dice.chance(0.3) && (await reply) === null) life.complain(`no reply to ${name}`);
  },
});

const DEEDS = [
  command("start", (_, name) => ({ names: [name] })),
  command("stop", (dice, name) => ({ names: [name], ...(dice.chance(0.2) ? { now: true } : {}) })),
  command("restart", (_, name) => ({ names: [name] })),
  command("scale", (dice, name) => ({ name, count: dice.below(4) })),
  command("reload", () => ({})),
  { name: "kill -9 of a process", does: async (dice, { stage }) => shoot(dice.pick(processesOf(stage))?.pid) },
  { name: "kill -9 of all main processes", does: async (_, life) => (await mainsOf(life)).forEach(shoot) },
  {
    name: "kill -9 of the keeper",
    does: async (_, life) => {
      const keeper = keeperOf(life);
      shoot(keeper);
      // One that is dying is not to be taken for the next one.
      await within(PATIENCE, () => keeper === undefined || !isAlive(keeper));
    },
  },
  { name: "kill -9 of svc", does: async (_, life) => killSvc(life) },
  {
    name: "kill -9 of the keeper and of svc",
    does: async (_, life) => {
      process.kill(life.svc.pid, "SIGSTOP");
      shoot(keeperOf(life));
      await killSvc(life, []);
      life.keeper = undefined;
      return "killed";
    },
  },
];

function shoot(pid) {
  try {
    if (pid > 1) process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

async function killSvc(life, mains) {
  life.mains = mains ?? (await mainsOf(life));
  life.keeper = keeperOf(life);
  shoot(life.svc.pid);
  await life.svc.ended;
  life.client.close();
  return "killed";
}

async function mainsOf({ client }) {
  const reply = await client.ask("list");
  return reply?.result?.services.flatMap(({ pid }) => pid ?? []) ?? [];
}

/** The living processes of the services. */
function processesOf({ entry }) {
  return startedHere(entry).flatMap((pid) => {
    const service = environment(pid).find((one) => one.startsWith("SVC_SERVICE="));
    return service === undefined ? [] : [{ pid, pgrp: parents(pid)[1], service }];
  });
}

function parents(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .slice(1, 3)
      .map(Number);
  } catch {
    return [0, 0];
  }
}

function keeperOf({ svc }) {
  return pids().find((pid) => argv(pid).includes("svc-keeper") && parents(pid)[0] === svc.pid);
}

/** Where the keeper had been killed a moment before, the groups are left to the next start. */
async function groupsGone({ mains, keeper, stage }, complain) {
  if (keeper === undefined) return;
  const left = () => processesOf(stage).filter(({ pgrp }) => mains.includes(pgrp));
  const name = ({ pid, service }) => `${service} ${pid}`;
  if (!(await within(AT_ONCE, () => left().length === 0))) complain(`left in their groups after kill -9 of svc: ${left().map(name)}`);
  // What changes its pid all the time is for the next start.
  const rest = () => processesOf(stage).filter(({ pid }) => !argv(pid).some((word) => word.endsWith("/reforks.sh")));
  if (!(await within(PATIENCE, () => rest().length === 0))) complain(`left by the keeper after kill -9 of svc: ${rest().map(name)}`);
}

async function look({ client, rules, complain }) {
  const reply = await client.ask("list");
  if (reply === null) complain("no reply to list");
  if (reply?.result) rules.rows(reply.result.services);
}

const ENDS = ["SIGTERM", "SIGINT", "SIGTERM twice", "stop", "stop now", "kill -9 and a start"];

async function finish(dice, life, stage, complain, note) {
  const way = dice.pick(ENDS);
  note(`the end: ${way}`);
  if (way === "kill -9 and a start") {
    await killSvc(life);
    const next = await begin(stage, complain);
    Object.assign(life, next);
  }
  if (way === "stop" || way === "stop now") void life.client.ask("stop", { names: [], now: way === "stop now" });
  else process.kill(life.svc.pid, way === "SIGINT" ? "SIGINT" : "SIGTERM");
  if (way === "SIGTERM twice") {
    await pause(dice.below(100));
    shootSoftly(life.svc.pid);
  }
  const ended = await Promise.race([life.svc.ended, pause(PATIENCE, null, { ref: false })]);
  life.client.close();
  const expected = way === "SIGINT" ? 130 : 0;
  if (ended === null) complain(`svc has not ended ${PATIENCE} ms after ${way}`);
  else if (ended.code !== expected) complain(`svc ended with ${ended.code ?? ended.signal} after ${way}`);
  if (await goesOn(stage)) complain(`something forks on after ${way}`);
  const left = startedHere(stage.entry);
  const cgroups = cgroupsOf(stage.lives);
  if (cgroups.length > 0) complain(`cgroups left after ${way}: ${cgroups.join(", ")}`);
  if (left.length > 0) complain(`left after ${way}: ${left.map((pid) => `${pid} ${argv(pid).join(" ")}`).join("; ")}`);
}

function shootSoftly(pid) {
  if (isAlive(pid)) process.kill(pid, "SIGTERM");
}

async function within(ms, holds) {
  for (const deadline = performance.now() + ms; performance.now() < deadline; await pause(10)) {
    if (await holds()) return true;
  }
  return false;
}
