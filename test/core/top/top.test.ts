import { describe, expect, it } from "vitest";
import { bytes, percent, uptime } from "../../../src/cli/human.ts";
import type { Row } from "../../../src/core/row.ts";
import { draw, pageOf } from "../../../src/core/top/draw.ts";
import { KEYS, keysIn, pressKey } from "../../../src/core/top/keys.ts";
import { initialTop, LINES_KEPT, shownLines, type TopState, withLines, withRows } from "../../../src/core/top/state.ts";

const words = {
  uptime: (ms: number | null) => `${ms}`,
  percent: (value: number | null) => `${value}%`,
  bytes: (value: number | null) => `${value}B`,
};
const screen = { columns: 80, rows: 24, colour: false };

function row(name: string, more: Partial<Row> = {}): Row {
  return {
    name,
    service: name,
    instance: 1,
    state: "running",
    pid: 7,
    startedAt: null,
    uptimeMs: 5,
    restarts: 0,
    ready: true,
    healthy: null,
    cpu: 1,
    memory: 2,
    lastExit: null,
    nextStartAt: null,
    command: "x",
    ...more,
  };
}

function begun(): TopState {
  const rows = [row("web"), row("worker.1", { state: "backoff", pid: null }), row("worker.2")];
  const lines = Array.from({ length: 50 }, (_, index) => ({ name: index % 2 ? "web" : "worker.1", text: `line ${index}` }));
  return withLines(withRows(initialTop("app"), rows), lines);
}

function press(state: TopState, ...keys: readonly string[]): TopState {
  return keys.reduce((before, key) => pressKey(before, key, 10).state, state);
}

describe("the keys", () => {
  it("select, with arrows and letters, and stay within the list", () => {
    expect(begun().selected).toBe("web");
    expect(press(begun(), "j", "\x1b[B", "j", "j").selected).toBe("worker.2");
    expect(press(begun(), "j", "k", "\x1b[A").selected).toBe("web");
  });

  it("start, stop and restart what is selected; q and Ctrl-C quit", () => {
    const state = press(begun(), "j");
    const action = (key: string) => pressKey(state, key, 10).action;
    expect(action("s")).toEqual({ type: "start", name: "worker.1" });
    expect(action("x")).toEqual({ type: "stop", name: "worker.1" });
    expect(action("r")).toEqual({ type: "restart", name: "worker.1" });
    expect(action("q")).toEqual({ type: "quit" });
    expect(action("\x03")).toEqual({ type: "quit" });
    expect(pressKey(press(begun(), "/"), "\x03", 10).action).toEqual({ type: "quit" });
    expect(pressKey(initialTop("app"), "x", 10).action).toBeNull();
  });

  it("open one: only its lines, and those of the one that is selected next; again: all", () => {
    const opened = press(begun(), "\r");
    expect(new Set(shownLines(opened).map(({ name }) => name))).toEqual(new Set(["web"]));
    expect(new Set(shownLines(press(opened, "j")).map(({ name }) => name))).toEqual(new Set(["worker.1"]));
    expect(shownLines(press(opened, "\r"))).toHaveLength(50);
  });

  it("filter and search while one types; Enter keeps it, Esc takes it back", () => {
    const filtered = press(begun(), "f", "W", "o", "r", "x", "\x7f", "k");
    expect(filtered).toMatchObject({ filter: "Work", selected: "worker.1" });
    expect(press(filtered, "\r", "x")).toMatchObject({ filter: "Work", prompt: null });
    expect(press(filtered, "\x1b")).toMatchObject({ filter: "", prompt: null });
    const searched = press(begun(), "/", ..."line 4", "\r");
    expect(shownLines(searched).map(({ text }) => text)).toEqual([
      "line 4",
      ...Array.from({ length: 10 }, (_, index) => `line ${40 + index}`),
    ]);
    expect(press(searched, "\x1b").search).toBe("");
  });

  it("scroll, within the lines, and what comes then does not move them", () => {
    expect(press(begun(), "\x1b[5~").back).toBe(10);
    expect(press(begun(), ...Array(9).fill("\x1b[5~")).back).toBe(40);
    expect(press(begun(), "\x1b[5~", "\x1b[6~").back).toBe(0);
    expect(press(begun(), "\x1b[5~", "\x1b[F").back).toBe(0);
    expect(withLines(press(begun(), "\x1b[5~"), [{ name: "web", text: "new" }]).back).toBe(11);
  });

  it("come out of a chunk one by one, an escape sequence as one", () => {
    expect(keysIn("jx\x1b[A\x1b[5~ü\x1b")).toEqual(["j", "x", "\x1b[A", "\x1b[5~", "ü", "\x1b"]);
  });

  it("are all in the help", () => {
    expect(KEYS.map(([keys]) => keys).join(" ")).toBe("↑ ↓  k j s x r Enter f / PgUp PgDn Esc ? h q Ctrl-C");
    expect(draw(press(begun(), "?"), screen, words).join("\n")).toContain("select a service");
    expect(press(begun(), "h", "x").help).toBe(false);
  });
});

describe("the screen", () => {
  const sizes = [
    [80, 24],
    [200, 50],
    [20, 5],
    [1, 1],
  ] as const;

  it.each(sizes)("of %i columns and %i rows is filled, and nothing is wider", (columns, rows) => {
    const many = withRows(
      begun(),
      Array.from({ length: 100 }, (_, index) => row(`service-with-a-rather-long-name-${index}`)),
    );
    for (const state of [begun(), many, press(begun(), "?"), press(begun(), "/", "x"), initialTop("a".repeat(300))]) {
      const lines = draw(state, { columns, rows, colour: false }, words);
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
    }
  });

  it("shows the services above the newest lines", () => {
    const lines = draw(begun(), { columns: 60, rows: 10, colour: false }, words);
    expect(lines).toEqual([
      "svc top  app  2 of 3 running",
      "  NAME      STATE    PID  UPTIME  RESTARTS  CPU  MEM",
      "> web       running  7    5       0         1%   2B",
      "  worker.1  backoff  -    5       0         1%   2B",
      "  worker.2  running  7    5       0         1%   2B",
      "── log of all ──────────────────────────────────────────────",
      "web      │ line 47",
      "worker.1 │ line 48",
      "web      │ line 49",
      "s start  x stop  r restart  Enter open  f filter  / search …",
    ]);
    expect(pageOf(begun(), { columns: 60, rows: 10, colour: false })).toBe(3);
  });

  it("keeps the selected service in sight", () => {
    const rows = Array.from({ length: 40 }, (_, index) => row(`s${index}`));
    const state = press(withRows(begun(), rows), ...Array(30).fill("j"));
    expect(draw(state, screen, words).some((line) => line.startsWith("> s30 "))).toBe(true);
  });

  it("has the search in reverse, with colours", () => {
    const state = press(begun(), "/", ..."49", "\r");
    expect(draw(state, { ...screen, colour: true }, words).join("\n")).toContain("line \x1b[7m49\x1b[0m");
  });
});

it("keeps a bounded number of lines", () => {
  const flood = Array.from({ length: LINES_KEPT + 100 }, (_, index) => ({ name: "web", text: `${index}` }));
  expect(withLines(initialTop("app"), flood).lines).toHaveLength(LINES_KEPT);
});

describe("the whole screen, as it is kept", () => {
  const shop = [
    row("migrate", { state: "completed", pid: null, uptimeMs: null, cpu: null, memory: null }),
    row("web", { pid: 4725, uptimeMs: 8_000, cpu: 0.1, memory: 49 * 1024 ** 2 }),
    row("email.1", { pid: 4740, uptimeMs: 8_000, restarts: 3, cpu: 12.5, memory: 65 * 1024 ** 2 }),
    row("email.2", { state: "unhealthy", pid: 4741, uptimeMs: 8_000, cpu: 0, memory: 65 * 1024 ** 2 }),
    row("report", { state: "scheduled", pid: null, uptimeMs: null, cpu: null, memory: null }),
    row("flaky", { state: "backoff", pid: null, uptimeMs: null, restarts: 2, cpu: null, memory: null }),
    row("a-service-whose-name-is-longer-than-its-column", {
      state: "starting",
      pid: 4742,
      uptimeMs: 3_700_000,
      cpu: null,
      memory: 900 * 1024,
    }),
  ];
  const said = Array.from({ length: 60 }, (_, index) => ({
    name: index % 7 === 0 ? "svc" : shop[1 + (index % 3)]!.name,
    text: index % 10 === 3 ? `${index} ${"a line that is wider than most terminals ".repeat(6)}` : `${index} ordered 5 x green saucer`,
  }));
  const state = withLines(withRows(initialTop("/srv/shop/services.ts (pid 4710)"), shop), said);
  const states: readonly (readonly [string, TopState])[] = [
    ["at first", state],
    ["one opened, and searched", press(state, "j", "\r", "/", ..."green", "\r")],
    ["while a filter is typed", press(state, "f", ..."email")],
    ["scrolled back", press(state, "\x1b[5~")],
    ["with a message", { ...state, message: "restart web: done" }],
    ["the help", press(state, "?")],
  ];

  it.each([
    [80, 24],
    [200, 50],
  ])("of %i columns and %i rows", async (columns, rows) => {
    const pages = states.map(
      ([name, one]) => `=== ${name}\n${draw(one, { columns, rows, colour: false }, { uptime, percent, bytes }).join("\n")}\n`,
    );
    await expect(pages.join("\n")).toMatchFileSnapshot(`./screens-${columns}x${rows}.txt`);
  });
});
