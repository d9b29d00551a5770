import { describe, expect, it } from "vitest";
import type { Invocation } from "../../src/cli/command.ts";
import { bytes, percent, uptime } from "../../src/cli/human.ts";
import { renderTable } from "../../src/cli/table.ts";
import { countOption, durationOption, patternOption, signalName, timeOption } from "../../src/cli/values.ts";
import { SvcError } from "../../src/core/errors.ts";

const invoked = (name: string, value: string): Invocation => ({
  args: [],
  options: new Map([[name, value]]),
  global: { config: undefined, socket: undefined, color: true, quiet: false },
});

describe("an uptime is short", () => {
  it.each([
    [null, "-"],
    [0, "0s"],
    [59_999, "59s"],
    [60_000, "1m 0s"],
    [3_599_999, "59m 59s"],
    [3_600_000, "1h 0m"],
    [86_399_999, "23h 59m"],
    [86_400_000, "1d 0h"],
    [1_051_200_000, "12d 4h"],
  ])("%s ms: %s", (ms, text) => expect(uptime(ms)).toBe(text));

  it("so are percent and bytes", () => {
    expect([percent(null), percent(0), percent(12.34), bytes(null), bytes(0), bytes(44 * 1024 ** 2)]).toEqual([
      "-",
      "0.0%",
      "12.3%",
      "-",
      "0 B",
      "44M",
    ]);
  });
});

describe("a table", () => {
  it("is aligned, and has no blanks at the ends of lines", () => {
    const rows = [
      [{ text: "web" }, { text: "running" }, { text: "" }],
      [{ text: "long-name" }, { text: "up" }, { text: "exited 3" }],
    ];
    expect(renderTable(["NAME", "STATE", "LAST"], rows)).toBe(
      ["NAME       STATE    LAST", "web        running", "long-name  up       exited 3"].join("\n"),
    );
  });

  it("colours do not change its widths", () => {
    const paint = (text: string) => `\x1b[32m${text}\x1b[39m`;
    const rows = [[{ text: "web", paint }, { text: "x" }]];
    expect(renderTable(["N", "M"], rows)).toBe("N    M\n\x1b[32mweb\x1b[39m  x");
  });

  it("without rows is its header", () => expect(renderTable(["NAME", "STATE"], [])).toBe("NAME  STATE"));
});

describe("an option's value", () => {
  const now = Date.parse("2026-01-02T03:04:05.000Z");

  it.each([
    ["5s", 5000],
    ["500", 500],
    ["0", 0],
  ])("--timeout %s is %i ms", (text, ms) => expect(durationOption(invoked("timeout", text), "timeout")).toBe(ms));

  it.each([
    ["10m", "2026-01-02T02:54:05.000Z"],
    ["0s", "2026-01-02T03:04:05.000Z"],
    ["2026-01-01", "2026-01-01T00:00:00.000Z"],
    ["2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00.000Z"],
  ])("--since %s is %s", (text, iso) => expect(timeOption(invoked("since", text), "since", now)).toBe(iso));

  it.each([
    ["--timeout", () => durationOption(invoked("timeout", "soon"), "timeout")],
    ["--since", () => timeOption(invoked("since", "yesterday"), "since", now)],
    ["--since", () => timeOption(invoked("since", "2026-99-99"), "since", now)],
    ["--since", () => timeOption(invoked("since", "9999999999h"), "since", now)],
    ["--lines", () => countOption(invoked("lines", "-5"), "lines")],
    ["--lines", () => countOption(invoked("lines", "1.5"), "lines")],
    ["--grep", () => patternOption(invoked("grep", "(a"), "grep")],
  ])("a wrong one names the option: %s", (option, read) => {
    expect(read).toThrow(SvcError);
    expect(read).toThrow(option);
  });

  it.each(["HUP", "hup", "SIGHUP", "sighup", "1"])("the signal %s is SIGHUP", (text) => expect(signalName(text)).toBe("SIGHUP"));
  it.each(["FOO", "0", "65", "SIG", ""])("there is no signal %j", (text) => expect(() => signalName(text)).toThrow("no such signal"));
});
