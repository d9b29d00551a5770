import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const COMMANDS = 50;
/** Milliseconds. */
const PATIENCE = 180_000;
const GAP = 20;

/** Fifty commands at once, in bursts; then a start of everything, so that nothing waits for what was stopped. */
export async function playSeed(dice, { stage, model, clients, complain, note }) {
  const replies = [];
  const send = (family, { method, params }) => {
    const what = `${method} ${JSON.stringify(params)}`;
    note(what);
    const isEmpty = ["start", "restart"].includes(method) && model.instances(params.names[0].split(".")[0]) === 0;
    model[method](params);
    const reply = clients[family].ask(method, params, PATIENCE);
    replies.push(reply.then((answer) => check(answer, { what, isEmpty, complain })));
  };
  for (let left = COMMANDS; left > 0; left--) {
    const family = dice.below(stage.families.length);
    send(family, command(dice, dice.pick(stage.families[family]), model));
    if (dice.chance(0.4)) await pause(dice.below(GAP));
  }
  await compare(clients, model, complain);
  stage.families.forEach((services, family) => {
    for (const service of services) send(family, { method: "start", params: { names: [service] } });
  });
  await Promise.all(replies);
  await compare(clients, model, complain);
  if (existsSync(join(stage.locks, "doubles"))) complain(`two at once: ${readFileSync(join(stage.locks, "doubles"), "utf8")}`);
}

async function compare(clients, model, complain) {
  // A connection's requests are begun in their order: after this all are.
  await Promise.all(clients.map((client) => client.ask("hello", {}, PATIENCE)));
  for (const difference of model.differences(await settled(clients[0]))) complain(difference);
}

function command(dice, service, model) {
  const count = model.instances(service);
  const name = count > 0 && dice.chance(0.3) ? `${service}.${dice.between(1, count)}` : service;
  const method = dice.pick(["start", "stop", "restart", "start", "stop", "restart", "scale"]);
  if (method === "scale") return { method, params: { name: service, count: dice.below(4) } };
  return { method, params: { names: [name], ...(method === "stop" && dice.chance(0.2) ? { now: true } : {}) } };
}

/** A command is done, or a later one took over, which is then named; where there is nothing to start, that is said. */
function check(reply, { what, isEmpty, complain }) {
  if (reply === null) complain(`no reply to ${what}`);
  else if (isEmpty && /^\S+ has no instances$/.test(reply.error?.message)) return;
  else if (reply.error !== undefined && !/a later "(start|stop|restart|scale)" of \S+ took over/.test(reply.error.message))
    complain(`${what}: ${reply.error.message}`);
}

const ON_ITS_WAY = ["starting", "stopping", "backoff"];

/** The rows, once three looks in a row were the same and nothing is on its way. */
async function settled(client) {
  const deadline = performance.now() + PATIENCE;
  let before = "";
  for (let same = 0; ; ) {
    const { result } = await client.ask("list");
    const rows = result.services;
    const now = JSON.stringify(rows.map(({ name, state, pid }) => [name, state, pid]));
    same = now === before && !rows.some(({ state }) => ON_ITS_WAY.includes(state)) ? same + 1 : 0;
    before = now;
    if (same === 3 || performance.now() > deadline) return rows;
    await pause(30);
  }
}
