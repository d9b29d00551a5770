import { describe, expect, test } from "vitest";
import { problemsOf } from "./helper.ts";

const command = "node server.js";

describe("names", () => {
  test.each(["1web", "-web", "my web", "web.1", "wéb", "", "a".repeat(64)])("%j is refused", (name) => {
    expect(problemsOf({ services: { [name]: { command } } })).toEqual([expect.stringContaining("a service name begins with a letter")]);
  });

  test.each(["a", "A-b_9", "a".repeat(63), "svc2", "constructor"])("%j is accepted", (name) => {
    expect(problemsOf({ services: { [name]: { command } } })).toEqual([]);
  });

  test.each(["svc", "SVC"])("%j is reserved", (name) => {
    expect(problemsOf({ services: { [name]: { command } } })).toEqual([
      `services.${name}: the name "${name}" is svc's own; choose another`,
    ]);
  });

  test("names that differ only in case are refused", () => {
    const raw = { services: { web: { command }, Web: { command }, WEB: { command } } };
    expect(problemsOf(raw)).toEqual([
      'services.WEB: the name differs from "web" only in case; choose another',
      'services.Web: the name differs from "web" only in case; choose another',
    ]);
  });
});

describe("dependencies", () => {
  const of = (services: Record<string, object>) =>
    problemsOf({ services: Object.fromEntries(Object.entries(services).map(([name, service]) => [name, { command, ...service }])) });

  test("an unknown service gets a suggestion", () => {
    expect(of({ web: { dependsOn: ["bd"] }, db: {} })).toEqual(['services.web.dependsOn[0]: there is no service "bd"; did you mean "db"?']);
    expect(of({ web: { dependsOn: { postgres: "started" } } })).toEqual([
      'services.web.dependsOn.postgres: there is no service "postgres"',
    ]);
  });

  test.each([
    ["ready", {}, '"db" has no "ready" check; add one, or depend on "started"'],
    ["healthy", {}, '"db" has no "health" check; add one, or depend on "started"'],
    ["completed", { restart: "always" }, '"db" is restarted always (restart: "always"), so it never completes'],
    ["redy", {}, 'expected "started", "ready", "healthy", "completed" or "ended", got "redy"; did you mean "ready"?'],
  ])("%j on a service like %j is refused", (condition, db, problem) => {
    expect(of({ web: { dependsOn: { db: condition } }, db })).toEqual([`services.web.dependsOn.db: ${problem}`]);
  });

  test("a check that is wrong itself is no second problem", () => {
    expect(of({ web: { dependsOn: { db: "ready" } }, db: { ready: { tcp: 0 } } })).toHaveLength(1);
  });

  test("a circle is printed", () => {
    expect(of({ a: { dependsOn: ["b"] }, b: { dependsOn: ["c"] }, c: { dependsOn: ["a"] } })).toEqual([
      "services.a.dependsOn: services depend on each other in a circle: a → b → c → a",
    ]);
    expect(of({ a: { dependsOn: ["a"] } })).toEqual(["services.a.dependsOn: services depend on each other in a circle: a → a"]);
  });

  test("two ways to the same service are no circle", () => {
    expect(of({ a: { dependsOn: ["b", "c"] }, b: { dependsOn: ["d"] }, c: { dependsOn: ["d"] }, d: {} })).toEqual([]);
  });

  test("a long chain is no circle, and is walked once", () => {
    const chain = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`s${i}`, { dependsOn: i === 0 ? [] : [`s${i - 1}`] }]));
    expect(of(chain)).toEqual([]);
  });
});
