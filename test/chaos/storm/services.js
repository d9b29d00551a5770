import { fileURLToPath } from "node:url";

const HOLDS_LOCK = fileURLToPath(new URL("../../fixtures/services/holds-lock.pl", import.meta.url));

/**
 * Two families of services that never end by themselves. Within a family one may depend on those before it; the commands to a
 * family go over one connection, so that their order is known.
 */
export function stormServices(dice, folder) {
  const families = [
    ["db", "api", "web"],
    ["queue", "worker"],
  ];
  const services = Object.fromEntries(
    families.flatMap((family) => family.map((name, index) => [name, service(dice, folder, family.slice(0, index))])),
  );
  return { families, services: { steady: { command: "sleep 600" }, ...services } };
}

function service(dice, folder, earlier) {
  const untilReady = dice.pick([0, 0, 0.05, 0.3]);
  const untilGone = dice.pick([0, 0, 0.05, 0.3, -1]);
  const hasCheck = dice.chance(0.7);
  const instances = dice.chance(0.5) ? { instances: dice.between(1, 3) } : {};
  return {
    command: ["perl", HOLDS_LOCK, folder, String(untilReady), String(untilGone), dice.chance(0.3) ? "child" : ""],
    stop: { timeout: dice.pick([0, 100, 300]) },
    ...(hasCheck ? { ready: { log: "ready" } } : {}),
    ...instances,
    ...(earlier.length > 0 && dice.chance(0.6) ? { dependsOn: [dice.pick(earlier)] } : {}),
  };
}
