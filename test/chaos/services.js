import { fileURLToPath } from "node:url";

const FIXTURES = fileURLToPath(new URL("../fixtures/processes/", import.meta.url));

const script = (name, ...args) => ["sh", `${FIXTURES}${name}.sh`, ...args.map(String)];
const line = (text) => ["sh", "-c", text];

/** Services that make trouble, each from the dice and the folder for their files. */
const KINDS = [
  () => ["sleep", "600"],
  () => script("forks"),
  () => script("double-fork"),
  () => script("nohup"),
  () => script("deaf"),
  (dice) => script("daemons", dice.between(1, 8)),
  (dice) => script("daemons", dice.between(1, 4), dice.below(2)),
  (_, folder) => script("runs-away", "sh", `${FIXTURES}reforks.sh`, 400, `${folder}/generations`),
  (dice) => line(`sleep 0.${dice.below(4)}; exit ${dice.below(3)}`),
  (dice) => line(`sleep 600 & sleep 0.${dice.below(4)}; kill -${dice.pick(["KILL", "TERM", "SEGV", "USR1"])} $$`),
  (dice) => line(`trap 'sleep 0.${dice.below(4)}; exit 0' TERM; while :; do sleep 0.05; done`),
  () => ["no-such-program"],
];

/** Three to seven services with random policies; `steady` keeps svc from ending by itself. */
export function randomServices(dice, folder) {
  const names = Array.from({ length: dice.between(3, 7) }, (_, index) => `s${index}`);
  const services = names.map((name, index) => [name, randomService(dice, folder, names.slice(0, index))]);
  return { steady: { command: "sleep 600" }, ...Object.fromEntries(services) };
}

function randomService(dice, folder, earlier) {
  return {
    command: dice.pick(KINDS)(dice, folder),
    restart: dice.pick(["always", "on-failure", "on-failure", "never"]),
    backoff: { initial: dice.pick([0, 20, 200]), max: 400 },
    stop: { timeout: dice.pick([0, 100, 300]), ...(dice.chance(0.3) ? { signal: dice.pick(["SIGINT", "SIGQUIT"]) } : {}) },
    ...(dice.chance(0.2) ? { health: randomHealth(dice) } : {}),
    ...(dice.chance(0.2) ? { instances: dice.between(1, 3) } : {}),
    ...(dice.chance(0.3) ? { nice: 1 } : {}),
    ...(dice.chance(0.2) ? { maxRestarts: { count: 3, within: "1m" } } : {}),
    ...(earlier.length > 0 && dice.chance(0.3) ? { dependsOn: [dice.pick(earlier)] } : {}),
  };
}

/** A check whose own pid decides, and that now and then takes longer than it may, with a child that leaves its group. */
function randomHealth(dice) {
  const exec = line("[ $(($$ % 5)) = 0 ] && { setsid sleep 600 & sleep 600; }; [ $(($$ % 2)) = 0 ]");
  return { exec, interval: dice.pick([50, 200]), timeout: 300, retries: dice.between(1, 2), onFailure: dice.pick(["restart", "ignore"]) };
}
