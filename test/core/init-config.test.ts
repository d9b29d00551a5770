import { expect, test } from "vitest";
import { firstConfig, servicesOfPackage } from "../../src/core/init-config.ts";

test.each([
  ["what starts the others", { dev: 'concurrently "npm:dev:*"', "dev:web": "vite", "dev:api": "node api.js" }, ["dev-web", "dev-api"]],
  ["what is run once", { "db:migrate": "node m.js", "seed-all": "node s.js", serve: "node a.js" }, ["serve"]],
  ["the start for production beside dev", { start: "node dist/a.js", "dev:web": "vite" }, ["dev-web"]],
  ["no start where there is no dev", { start: "node a.js", build: "tsc" }, ["start"]],
  ["svc itself", { dev: "svc start", worker: "node w.js" }, ["worker"]],
  ["no runner of others where nothing else goes on", { dev: "turbo dev", build: "turbo build" }, ["dev"]],
])("of a package's scripts, %s stands aside", (_what, scripts, names) => {
  const services = servicesOfPackage({ scripts }) ?? [];
  expect(services.filter(({ aside }) => !aside).map(({ name }) => name)).toEqual(names);
  expect(services.length).toBe(Object.keys(scripts).length);
});

test("the first lines say that something stands aside, and why", () => {
  const taken = (aside: object) => firstConfig([{ name: "web", command: "a", ...aside }], "package.json").split("\n")[2];
  expect(taken({})).toBe("// Taken over from package.json.");
  expect(taken({ aside: true })).toBe(
    "// Taken over from package.json; what seems to end by itself, or to start the others, is commented out.",
  );
});
