import { describe, expect, it } from "vitest";
import type { OptionValue } from "../../src/cli/command.ts";
import { readCommandLine } from "../../src/cli/command-line.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "../../src/cli/commands.ts";
import { readWithHelp } from "../../src/cli/program.ts";

interface Row {
  readonly line: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly options?: Readonly<Record<string, OptionValue>>;
  readonly global?: object;
}

const none = { config: undefined, socket: undefined, color: true, quiet: false };

const rows: readonly Row[] = [
  { line: "list", command: "list" },
  { line: "list --json", command: "list", options: { json: true } },
  { line: "--json list", command: "list", options: { json: true } },
  { line: "-c shop.ts list", command: "list", options: { config: "shop.ts" }, global: { config: "shop.ts" } },
  { line: "list -c shop.ts", command: "list", options: { config: "shop.ts" }, global: { config: "shop.ts" } },
  { line: "--config=shop.ts list", command: "list", options: { config: "shop.ts" }, global: { config: "shop.ts" } },
  { line: "-cshop.ts list", command: "list", options: { config: "shop.ts" }, global: { config: "shop.ts" } },
  { line: "-c list list", command: "list", options: { config: "list" }, global: { config: "list" } },
  {
    line: "--socket /run/x.sock stop web db",
    command: "stop",
    args: ["web", "db"],
    options: { socket: "/run/x.sock" },
    global: { socket: "/run/x.sock" },
  },
  { line: "stop --timeout 5s --now web", command: "stop", args: ["web"], options: { timeout: "5s", now: true } },
  { line: "stop", command: "stop" },
  {
    line: "--no-color --quiet status web.2",
    command: "status",
    args: ["web.2"],
    options: { "no-color": true, quiet: true },
    global: { color: false, quiet: true },
  },
  { line: "logs -fn 20 web", command: "logs", args: ["web"], options: { follow: true, lines: "20" } },
  { line: "logs --since 10m --grep a.b --stream stderr", command: "logs", options: { since: "10m", grep: "a.b", stream: "stderr" } },
  { line: "signal web HUP --group", command: "signal", args: ["web", "HUP"], options: { group: true } },
  { line: "scale worker=3", command: "scale", args: ["worker=3"] },
  { line: "wait web --for completed --timeout 1m", command: "wait", args: ["web"], options: { for: "completed", timeout: "1m" } },
  { line: "reload --plan", command: "reload", options: { plan: true } },
  {
    line: "start web --exit-code-from web --log-format json",
    command: "start",
    args: ["web"],
    options: { "exit-code-from": "web", "log-format": "json" },
  },
  { line: "stop -- --odd", command: "stop", args: ["--odd"] },
  { line: "run -- ls -l --json", command: "run", args: ["ls", "-l", "--json"] },
  { line: "run ls -l --json", command: "run", args: ["ls", "-l", "--json"] },
  { line: "run ls -- -l", command: "run", args: ["ls", "--", "-l"] },
  { line: "run -- ls --help", command: "run", args: ["ls", "--help"] },
  { line: "run ls --help", command: "run", args: ["ls", "--help"] },
  { line: "run -- -x --", command: "run", args: ["-x", "--"] },
  { line: "--quiet run run -- run", command: "run", args: ["run", "--", "run"], options: { quiet: true }, global: { quiet: true } },
  {
    line: "run --main --rewrite 15:QUIT --rewrite HUP:0 -e 3 -e143 --success=7 ls -e 4",
    command: "run",
    args: ["ls", "-e", "4"],
    options: { main: true, rewrite: ["15:QUIT", "HUP:0"], success: ["3", "143", "7"] },
  },
  { line: "run -ge 3 ls", command: "run", args: ["ls"], options: { group: true, success: ["3"] } },
  { line: "run -ge3 ls", command: "run", args: ["ls"], options: { group: true, success: ["3"] } },
];

describe("a command line without a mistake", () => {
  it.each(rows)("svc $line", ({ line, command, args = [], options = {}, global = {} }) => {
    const understood = readCommandLine(line.split(" "));
    expect(understood?.command.name).toBe(command);
    expect(understood?.invocation.args).toEqual(args);
    expect(Object.fromEntries(understood!.invocation.options)).toEqual(options);
    expect(understood?.invocation.global).toEqual({ ...none, ...global });
  });

  it.each(rows.filter(({ line }) => !line.startsWith("--json")))(
    "the program behind the help understands it alike: svc $line",
    async ({ line }) => {
      const understood = await readWithHelp(line.split(" "));
      if (typeof understood === "number") throw new Error(`exit code ${understood}`);
      const quick = readCommandLine(line.split(" "));
      expect(understood.command).toBe(quick?.command);
      expect(understood.invocation.args).toEqual(quick?.invocation.args);
      expect(Object.fromEntries(understood.invocation.options)).toEqual(Object.fromEntries(quick!.invocation.options));
      expect(understood.invocation.global).toEqual(quick?.invocation.global);
    },
  );
});

describe("the common path leaves to the program with the help", () => {
  it.each([
    "",
    "--help",
    "--version",
    "help list",
    "list --help",
    "lst",
    "list --jsn",
    "list web",
    "status",
    "status web db",
    "signal web",
    "stop --timeout",
    "-c list",
    "list --json=yes",
    "constructor",
    "run",
    "run --",
    "run --help ls",
    "run --mian ls",
    "run -e",
    "run -e 3",
  ])("svc %s", (line) => {
    expect(readCommandLine(line === "" ? [] : line.split(" "))).toBeNull();
  });
});

describe("the table of commands", () => {
  it("has an example for each, which it understands", () => {
    for (const command of COMMANDS) {
      expect(command.examples.length).toBeGreaterThan(0);
      for (const example of command.examples) {
        const [svc, ...argv] = example.split(" ");
        expect(svc).toBe("svc");
        expect(readCommandLine(argv)?.command.name, example).toBe(command.name);
      }
    }
  });

  it("uses no name twice", () => {
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
    for (const { options } of COMMANDS) {
      const spelled = [...GLOBAL_OPTIONS, ...options].flatMap(({ name, short }) => (short === undefined ? [name] : [name, short]));
      expect(new Set(spelled).size).toBe(spelled.length);
    }
  });

  it("loads a module with a run for each", async () => {
    for (const command of COMMANDS) expect(await command.load()).toMatchObject({ run: expect.any(Function) });
  });
});
