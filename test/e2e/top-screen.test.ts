import { describe, expect } from "vitest";
import { KEYS } from "../../src/core/top/keys.ts";
import { commandLine, isGone, signal } from "../helpers/processes.ts";
import { screenOf } from "../helpers/screen.ts";
import { type Running, type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

/** The other screen is left, the cursor shown, and lines wrap again. */
const RESTORED = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/** Title, header, the line above the log, the bottom line, and two services. */
const AROUND_THE_LOG = 6;
/** More than two pages of the larger screen. */
const LAST = 150;

interface Top {
  readonly size: Size;
  /** How many lines of the log the screen shows. */
  readonly page: number;
  readonly terminal: Running;
  readonly screen: () => string[];
  /** Types, and waits until the screen is as it should be. */
  readonly type: (keys: string, is: (screen: string) => boolean) => Promise<void>;
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

const USUAL: Size = { columns: 80, rows: 24 };

const LARGE: Size = { columns: 200, rows: 50 };

function open(stage: Stage, size: Size = USUAL, env: Readonly<Record<string, string>> = {}): Top {
  const { columns, rows } = size;
  const terminal = stage.terminal(
    `stty rows ${rows} cols ${columns}; stty -a >before; $svc --no-color top; echo "code=$?"; stty -a >after`,
    env,
  );
  const screen = (): string[] => screenOf(terminal.stdout());
  const type: Top["type"] = async (keys, is) => {
    terminal.process.stdin!.write(keys);
    await until(() => is(screen().join("\n")), { what: `${is} after ${JSON.stringify(keys)}` }).catch((error) => {
      throw new Error(`${error.message} in\n${screen().join("\n")}`);
    });
  };
  return { size, page: rows - AROUND_THE_LOG, terminal, screen, type };
}

/** What differs from run to run, in words that do not. */
function fixed(screen: readonly string[]): string {
  const lines = screen.map((line) =>
    line
      .replace(/^(svc top {2}).*/, "$1…")
      .replace(/^ {2}NAME .*/, (header) => header.replaceAll(/ +/g, " "))
      .replace(/\(pid \d+\)/, "(pid P)")
      .replace(/^([> ] \w+ +\w+ +)\d+ .*/, "$1P  …"),
  );
  return `${lines.join("\n")}\n`;
}

async function asItWas(stage: Stage, { terminal }: Top): Promise<void> {
  await terminal.ended;
  const written = terminal.stdout();
  expect(written.lastIndexOf(RESTORED)).toBeGreaterThan(written.lastIndexOf("\x1b[?1049h"));
  expect(stage.lines("before").length).toBeGreaterThan(0);
  expect(stage.lines("after")).toEqual(stage.lines("before"));
}

function topOf(stage: Stage): number {
  const isTop = (pid: number): boolean => commandLine(pid).startsWith(process.execPath) && / top $/.test(commandLine(pid));
  return stage.left().find(isTop)!;
}

async function twoRunning(stage: Stage): Promise<Running> {
  const lines = ["sh", "-c", `seq -f 'line %.0f' 1 ${LAST}; exec sleep 600`];
  const svc = stage.start({ services: { web: { command: lines }, worker: { command: ["sleep", "600"] } } });
  await svc.says(new RegExp(`web +\\| line ${LAST}$`, "m"));
  await stage.shows("worker", "running");
  return svc;
}

const has = (text: string) => (screen: string) => screen.includes(text);
const lacks = (text: string) => (screen: string) => !screen.includes(text);
const all = /^── log of all ─/m;

/** For each entry of the help: what the keys do to the screen of two services, of which the first is selected before and after. */
const DOES: Readonly<Record<string, (top: Top, stage: Stage) => Promise<void>>> = {
  "↑ ↓  k j": async ({ type }) => {
    await type("\x1b[B", has("\n> worker"));
    await type("\x1b[A", has("\n> web"));
    await type("j", has("\n> worker"));
    await type("k", has("\n> web"));
  },
  x: async ({ type }, stage) => {
    await type("x", (screen) => /^> web +stopped/m.test(screen) && screen.includes("stop web: done"));
    await stage.shows("web", "stopped");
  },
  s: async ({ type }, stage) => {
    await type("s", (screen) => /^> web +running/m.test(screen) && screen.includes("start web: done"));
    await stage.shows("web", "running");
  },
  r: async ({ type }, stage) => {
    const before = await stage.shows("web", "running");
    await type("r", has("restart web: done"));
    expect((await stage.shows("web", "running")).pid).not.toBe(before.pid);
    // What it says then comes in its own time; what follows looks at lines that stand still.
    await type("", (screen) => new RegExp(`│ line ${LAST}\\n[^\\n]*$`).test(screen));
  },
  Enter: async ({ type, screen, page }) => {
    await type("\r", (text) => text.includes("── log of web ─"));
    const lines = screen().slice(-1 - page, -1);
    expect(lines.filter((line) => !line.startsWith("web "))).toEqual([]);
    await type("\r", (text) => all.test(text));
  },
  f: async ({ type }) => {
    await type("fWOR", (screen) => screen.includes("filter: WOR_") && !/^> web/m.test(screen) && screen.includes("\n> worker"));
    await type("\r", (screen) => screen.includes("── log of *WOR* ─") && !screen.includes("filter:"));
    await type("\x1b", (screen) => all.test(screen) && /^[> ] web/m.test(screen));
    await type("k", has("\n> web"));
  },
  "/": async ({ type, screen }) => {
    await type("/line 17", has("search: line 17_"));
    await type("\r", (text) => text.includes('── log of all, with "line 17" ─') && !text.includes("search:"));
    const lines = screen().slice(5, -1).filter(Boolean);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => !line.endsWith("│ line 17"))).toEqual([]);
    await type("\x1b", (text) => all.test(text));
  },
  "PgUp PgDn": async ({ type, screen, page }) => {
    const newest = screen().slice(-1 - page, -1);
    await type("\x1b[5~", has(`, ${page} below`));
    expect(screen().slice(-1 - page, -1)).not.toEqual(newest);
    await type("\x1b[6~", (text) => all.test(text));
    expect(screen().slice(-1 - page, -1)).toEqual(newest);
    await type("\x1b[5~", has(`, ${page} below`));
    await type("\x1b[F", (text) => all.test(text));
    expect(screen().slice(-1 - page, -1)).toEqual(newest);
  },
  Esc: async ({ type }) => {
    await type("/abc", has("search: abc_"));
    await type("\x1b", (screen) => all.test(screen) && !screen.includes("search:"));
    await type("/line\r", has('log of all, with "line"'));
    await type("\x1b", (screen) => all.test(screen));
    await type("\r", has("── log of web ─"));
    await type("\x1b", (screen) => all.test(screen));
    await type("fweb\r", has("── log of *web* ─"));
    await type("\x1b", (screen) => all.test(screen) && /^ {2}worker/m.test(screen));
  },
  "? h": async ({ type }) => {
    for (const key of ["?", "h"]) {
      await type(key, (screen) => KEYS.every(([keys, does]) => screen.includes(`${keys.padEnd(12)}${does}`)));
      await type(" ", lacks("any key: back"));
    }
  },
  "q Ctrl-C": async (top, stage) => {
    for (const key of ["q", "\x03"]) {
      const another = open(stage, top.size);
      await another.type("", has("\n> web"));
      another.terminal.process.stdin!.write(key);
      await asItWas(stage, another);
      expect(another.terminal.stdout()).toContain("code=0");
    }
    expect(isGone(topOf(stage))).toBe(false);
    top.terminal.process.stdin!.write("q");
    await asItWas(stage, top);
    await stage.shows("web", "running");
  },
};

describe.concurrent("svc top in a terminal", () => {
  test.for([USUAL, LARGE])("of $columns columns and $rows rows shows this", async ({ columns, rows }, { stage, expect }) => {
    const web = { command: ["sh", "-c", "echo a line of web; exec sleep 600"], ready: { log: "a line" } };
    const worker = { command: ["sh", "-c", "echo a line of worker; exec sleep 600"], dependsOn: ["web"] };
    stage.start({ services: { web, worker }, shutdownTimeout: "30s" });
    await stage.shows("worker", "running");
    const top = open(stage, { columns, rows });
    await top.type("", (screen) => screen.includes("2 of 2 running") && screen.includes("│ a line of worker"));
    await expect(fixed(top.screen())).toMatchFileSnapshot(`./top-${columns}x${rows}.txt`);
  });

  test.for([USUAL, LARGE])(
    "of $columns columns and $rows rows: every key that its help names does what it says",
    async (size, { stage }) => {
      expect(Object.keys(DOES).sort()).toEqual(KEYS.map(([keys]) => keys).sort());
      await twoRunning(stage);
      const top = open(stage, size);
      await top.type("", (screen) => screen.includes("\n> web") && screen.includes(`│ line ${LAST}`));
      for (const does of Object.values(DOES)) await does(top, stage);
    },
  );

  test("leaves it as it was where svc is killed, and where top itself fails, whose error is then on the screen", async ({ stage }) => {
    const svc = await twoRunning(stage);
    stage.write("fails.cjs", 'process.on("SIGUSR2", () => { throw new Error("a fault of its own"); });');
    const failing = open(stage, USUAL, { NODE_OPTIONS: `--require ${stage.path}/fails.cjs` });
    await failing.type("", has("\n> web"));
    signal(topOf(stage), "SIGUSR2");
    await asItWas(stage, failing);
    const [, after] = failing.terminal.stdout().split(RESTORED);
    expect(after).toMatch(/a fault of its own[\s\S]*code=[1-9]/);
    await stage.shows("web", "running");

    const top = open(stage);
    await top.type("", has("\n> web"));
    svc.kill("SIGKILL");
    await asItWas(stage, top);
    expect(top.terminal.stdout().split(RESTORED)[1]).toContain("svc has ended");
  });
});
