import { describe, expect, test } from "vitest";
import { fleetOf, problemsOf } from "./helper.ts";

const web = { command: "node a" };

describe("where output is kept", () => {
  test("nowhere without being asked", () => {
    const fleet = fleetOf({ services: { web } });
    expect([fleet.ownLog, fleet.services[0]?.log]).toEqual([null, null]);
  });

  test("a folder has a file for each service and for svc, which share the cap", () => {
    const fleet = fleetOf({ log: { dir: "logs", maxTotal: "1G" }, services: { web } });
    const caps = { maxSize: 10 * 1024 ** 2, maxAgeMs: null, maxFiles: 5, maxTotal: 1024 ** 3, totalOf: "all", compress: false };
    expect(fleet.services[0]?.log).toEqual({ file: "/app/logs/web.log", ...caps });
    expect(fleet.ownLog).toEqual({ file: "/app/logs/svc.log", ...caps });
  });

  test("one file may be for all", () => {
    const fleet = fleetOf({ log: { file: "/var/log/all.log" }, services: { web, api: web } });
    expect([fleet.ownLog, ...fleet.services.map(({ log }) => log)].map((log) => log?.file)).toEqual(Array(3).fill("/var/log/all.log"));
  });

  test("a service says otherwise key by key", () => {
    const log = { file: "w.log", maxSize: "1M", compress: true };
    const fleet = fleetOf({ log: { dir: "logs", maxAge: "7d", maxFiles: 3 }, services: { web: { ...web, log } } });
    expect(fleet.services[0]?.log).toMatchObject({
      file: "/app/w.log",
      maxSize: 1024 ** 2,
      maxAgeMs: 604_800_000,
      maxFiles: 3,
      totalOf: "all",
      compress: true,
    });
  });

  test("a cap of a service's own is for its files alone", () => {
    const fleet = fleetOf({ log: { dir: "logs" }, services: { web: { ...web, log: { maxTotal: "20M" } } } });
    expect(fleet.services[0]?.log).toMatchObject({ file: "/app/logs/web.log", maxTotal: 20 * 1024 ** 2, totalOf: "file" });
  });
});

describe("mistakes", () => {
  test.each([
    [{ services: { web: { ...web, log: { maxSize: "1M" } } } }, "services.web.log: expected file or dir, here or in the root's log"],
    [{ log: { file: "a", dir: "b" }, services: { web } }, "log: expected at most one of file"],
    [{ services: { web: { ...web, log: { file: "a", maxSize: 0 } } } }, "services.web.log.maxSize: expected a size above zero"],
    [{ log: { dir: "a", maxFiles: 0 }, services: { web } }, "log.maxFiles: expected a number of files"],
    [{ log: { fle: "a" }, services: { web } }, 'log.fle: unknown key; did you mean "file"?'],
    [
      { services: { web: { ...web, log: { file: "a.log" } }, api: { ...web, log: { file: "./a.log", maxSize: "1M" } } } },
      "services.api.log: the same file as services.web.log, but with other limits",
    ],
  ])("%j", (raw, problem) => {
    expect(problemsOf(raw)).toEqual([expect.stringContaining(problem)]);
  });
});
