import { describe, expect, test } from "vitest";
import { cronTimetable, timezoneFrom } from "../../src/core/timetable.ts";

/** Every run in [from, to), as a service with a handed-in clock would make them. */
function runs(pattern: string, timezone: string, from: string, to: string): string[] {
  const timetable = cronTimetable(pattern, timezone);
  const found: string[] = [];
  for (let at = timetable.next(Date.parse(from) - 1); at !== null && at < Date.parse(to); at = timetable.next(at)) {
    found.push(new Date(at).toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

/** Three days around each change, from midnight to midnight on the wall. */
const CHANGES = [
  ["Europe/Berlin", "2026-03-27T23:00Z", "2026-03-30T22:00Z", 71],
  ["Europe/Berlin", "2026-10-23T22:00Z", "2026-10-26T23:00Z", 73],
  ["America/New_York", "2026-03-07T05:00Z", "2026-03-10T04:00Z", 71],
  ["America/New_York", "2026-10-31T04:00Z", "2026-11-03T05:00Z", 73],
  ["Europe/Berlin", "2026-06-01T22:00Z", "2026-06-04T22:00Z", 72],
  ["UTC", "2026-03-28T00:00Z", "2026-03-31T00:00Z", 72],
] as const;

describe("T51 over three days", () => {
  test.each(CHANGES)("in %s from %s to %s `0 * * * *` is due %i times", (zone, from, to, hours) => {
    expect(runs("0 * * * *", zone, from, to)).toHaveLength(hours);
    expect(runs("@hourly", zone, from, to)).toHaveLength(hours);
    expect(runs("*/10 * * * *", zone, from, to)).toHaveLength(hours * 6);
  });

  test.each(CHANGES)("in %s from %s to %s each minute is due once", (zone, from, to, hours) => {
    const all = runs("* * * * *", zone, from, to);
    expect(all).toHaveLength(hours * 60);
    expect(new Set(all).size).toBe(all.length);
  });

  test.each(CHANGES)("in %s from %s to %s `0 3 * * *` and `30 2 * * *` are due 3 times", (zone, from, to) => {
    expect(runs("0 3 * * *", zone, from, to)).toHaveLength(3);
    expect(runs("30 2 * * *", zone, from, to)).toHaveLength(3);
    expect(runs("30 1 * * *", zone, from, to)).toHaveLength(3);
    expect(runs("@daily", zone, from, to)).toHaveLength(3);
  });
});

describe("a time on the wall", () => {
  test("in the gap runs at the first minute after it, once for all that lie in it", () => {
    const day = ["2026-03-28T23:00Z", "2026-03-29T22:00Z"] as const;
    expect(runs("30 2 * * *", "Europe/Berlin", ...day)).toEqual(["2026-03-29T01:00Z"]);
    expect(runs("*/15 2 * * *", "Europe/Berlin", ...day)).toEqual(["2026-03-29T01:00Z"]);
    expect(runs("0 2,3 * * *", "Europe/Berlin", ...day)).toEqual(["2026-03-29T01:00Z"]);
    expect(runs("30 2 * * *", "America/New_York", "2026-03-08T05:00Z", "2026-03-09T04:00Z")).toEqual(["2026-03-08T07:00Z"]);
  });

  test("in a repeated hour runs the first time only", () => {
    const day = ["2026-10-24T22:00Z", "2026-10-25T23:00Z"] as const;
    expect(runs("30 2 * * *", "Europe/Berlin", ...day)).toEqual(["2026-10-25T00:30Z"]);
    expect(runs("*/30 2 * * *", "Europe/Berlin", ...day)).toEqual(["2026-10-25T00:00Z", "2026-10-25T00:30Z"]);
    expect(runs("30 1 * * *", "America/New_York", "2026-11-01T04:00Z", "2026-11-02T05:00Z")).toEqual(["2026-11-01T05:30Z"]);
  });

  test("asked within the second pass of a repeated hour, it is the next day's", () => {
    const next = cronTimetable("45 2 * * *", "Europe/Berlin").next(Date.parse("2026-10-25T01:10Z"));
    expect(new Date(next!).toISOString()).toBe("2026-10-26T01:45:00.000Z");
  });
});

describe("an hour with a step", () => {
  test("follows real time across a change", () => {
    expect(runs("0 */2 * * *", "Europe/Berlin", "2026-03-28T23:00Z", "2026-03-29T06:00Z")).toEqual([
      "2026-03-28T23:00Z",
      "2026-03-29T02:00Z",
      "2026-03-29T04:00Z",
    ]);
    expect(runs("0 */2 * * *", "Europe/Berlin", "2026-10-24T22:00Z", "2026-10-25T04:00Z")).toEqual([
      "2026-10-24T22:00Z",
      "2026-10-25T00:00Z",
      "2026-10-25T01:00Z",
      "2026-10-25T03:00Z",
    ]);
  });
});

describe("a pattern", () => {
  test("has the day of the month OR the day of the week, and 0 and 7 are Sunday", () => {
    expect(runs("0 0 13 * 5", "UTC", "2026-02-01T00:00Z", "2026-03-01T00:00Z")).toEqual(
      ["06", "13", "20", "27"].map((day) => `2026-02-${day}T00:00Z`),
    );
    for (const sunday of ["0", "7", "SUN"]) {
      expect(runs(`0 12 * * ${sunday}`, "UTC", "2026-02-01T00:00Z", "2026-02-09T00:00Z")).toEqual([
        "2026-02-01T12:00Z",
        "2026-02-08T12:00Z",
      ]);
    }
  });

  test("that never comes true has no next run", () => {
    expect(cronTimetable("0 0 30 2 *", "UTC").next(0)).toBeNull();
  });
});

test("TZ names the zone, and what it says in another way is UTC", () => {
  expect(["Europe/Berlin", ":America/New_York", "", undefined, "CET-1CEST,M3.5.0,M10.5.0/3"].map(timezoneFrom)).toEqual([
    "Europe/Berlin",
    "America/New_York",
    "UTC",
    "UTC",
    "UTC",
  ]);
});
