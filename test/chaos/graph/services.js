import { fileURLToPath } from "node:url";

const MARKS = fileURLToPath(new URL("../../fixtures/services/marks.pl", import.meta.url));
const COUNT = 30;

/** What a service can be, and which conditions on it can come true. */
const KINDS = {
  server: { conditions: ["started", "ready"], with: { ready: { log: "ready" } } },
  checked: { conditions: ["started", "ready", "healthy"], with: { ready: { log: "ready" } } },
  plain: { conditions: ["started"], with: {} },
  once: { conditions: ["started", "completed", "ended"], with: { restart: "never" }, code: 0 },
  failing: { conditions: ["ended"], with: { restart: "never" }, code: 3 },
};

/** Thirty services that note what happens to them in the file `marks`, each depending on up to three of those before it. */
export function graphServices(dice, marks) {
  const names = dice.shuffle(Array.from({ length: COUNT }, (_, index) => `s${index}`));
  const kinds = names.map(() => dice.pick(["server", "server", "checked", "checked", "plain", "once", "once", "failing"]));
  const services = names.map((name, index) => {
    const kind = KINDS[kinds[index]];
    const needs = dice.shuffle(names.slice(0, index)).slice(0, dice.below(4));
    const seconds = () => String(dice.pick([0, 0, 0.02, 0.1]));
    const command = ["perl", MARKS, marks, seconds(), seconds(), ...(kind.code === undefined ? [] : [String(kind.code)])];
    // The first check comes when it is ready, and no other while the test runs.
    const exec = ["sh", "-c", `echo ${name} healthy >> ${marks}`];
    const health = kinds[index] === "checked" ? { health: { exec, interval: "1h", timeout: "30s" } } : {};
    const dependsOn = Object.fromEntries(needs.map((need) => [need, dice.pick(KINDS[kinds[names.indexOf(need)]].conditions)]));
    return [name, { command, ...kind.with, ...health, dependsOn }];
  });
  return Object.fromEntries(dice.shuffle(services));
}

/** Each pair of services of which one depends on the other. */
export function edgesOf(services) {
  return Object.entries(services).flatMap(([name, { dependsOn }]) =>
    Object.entries(dependsOn).map(([needed, condition]) => ({ name, needed, condition })),
  );
}
