import { describe, expect } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { type Done, type Stage, test } from "../helpers/svc.ts";

/** A command line for each command, and how it ends; one that stands nowhere fails the first test. */

const web = { command: ["sleep", "600"] };

/** With a supervisor and a name that no service has: exit code 4. */
const UNKNOWN_SERVICE: Readonly<Record<string, readonly string[]>> = {
  start: ["start wbe", "start -d wbe"],
  stop: ["stop wbe", "stop web.2", "stop web wbe"],
  restart: ["restart wbe"],
  status: ["status wbe"],
  logs: ["logs wbe", "logs -f wbe"],
  signal: ["signal wbe HUP"],
  scale: ["scale wbe=2"],
  wait: ["wait wbe"],
  env: ["env wbe", "env wbe --show"],
};

/** Without a supervisor: exit code 3. */
const NO_SUPERVISOR: Readonly<Record<string, readonly string[]>> = {
  stop: ["stop", "stop web"],
  restart: ["restart", "restart web"],
  list: ["list", "list --json", "list --tree", "list --watch --json"],
  status: ["status web", "status web --json"],
  logs: ["logs", "logs -f web"],
  signal: ["signal web HUP"],
  scale: ["scale web=2"],
  reload: ["reload", "reload --plan"],
  wait: ["wait web"],
  events: ["events", "events --json"],
  attach: ["attach"],
  env: ["env web"],
};

/** Those that need none, with the reason. */
const WITHOUT: Readonly<Record<string, string>> = {
  start: "becomes it",
  check: "reads the config only",
  run: "is no client",
  health: "is exit code 1 by the contract: not well",
  top: "says first that it needs a terminal; see its own tests",
  doctor: "looks at the machine",
  init: "writes a config",
  completion: "prints a script, and no names",
};

/** With a supervisor: exit code 2, and the value is named. The first word of each is the command, the second the option. */
const BAD_VALUES: readonly string[] = [
  "start --log-format yaml",
  "stop --timeout soon",
  "logs --lines many",
  "logs --since yesterday",
  "logs --until tomorrow",
  "logs --grep (",
  "logs --stream stduot",
  "wait --for ruining web",
  "wait --timeout ages web",
  "attach --lines many",
  "run --rewrite TERM:NOPE true",
  "run --success some true",
];
/** One that names a service (see the exit code 4), and one that is for a folder without a config. */
const OTHERWISE = ["start --exit-code-from", "init --from"];

const BAD_ARGUMENTS = ["signal web NOPE", "scale web", "scale web=few", "completion bsah", "list -c missing.json", "check -c missing.json"];

async function all(stage: Stage, lines: readonly string[]): Promise<(readonly [string, Done])[]> {
  const done: (readonly [string, Done])[] = [];
  for (const line of lines) done.push([line, await stage.svc(...line.split(" "))]);
  return done;
}

test("each command, and each of its options with a value, stands in these tables", () => {
  const names = COMMANDS.map(({ name }) => name).sort();
  expect([...Object.keys(NO_SUPERVISOR), ...Object.keys(WITHOUT)].sort()).toEqual(names);
  const valued = COMMANDS.flatMap(({ name, options }) => options.flatMap((one) => (one.value ? [`${name} --${one.name}`] : [])));
  const shown = BAD_VALUES.map((line) => line.split(" ").slice(0, 2).join(" "));
  expect([...shown, ...OTHERWISE].sort()).toEqual(valued.sort());
  const naming = COMMANDS.filter(({ args }) => args.some(({ name, completes }) => completes === "names" || name === "name=n"));
  expect(Object.keys(UNKNOWN_SERVICE).sort()).toEqual(naming.map(({ name }) => name).sort());
});

describe.concurrent("the exit code of every command", () => {
  test("without a supervisor", async ({ stage }) => {
    stage.write("services.json", { services: { web } });
    for (const [line, { code, stdout, stderr }] of await all(stage, Object.values(NO_SUPERVISOR).flat())) {
      expect([line, code, stdout, stderr]).toEqual([line, 3, "", expect.stringContaining("no supervisor is running")]);
    }
    for (const [line, { code, stderr }] of await all(stage, ["start --exit-code-from wbe", "start -d --exit-code-from wbe"])) {
      expect([line, code, stderr]).toEqual([line, 4, expect.stringContaining('did you mean "web"')]);
    }
  });

  test("for a service that does not exist", async ({ stage }) => {
    const svc = stage.start({ services: { web } });
    const { pid } = await stage.shows("web", "running");
    for (const [line, { code, stdout, stderr }] of await all(stage, Object.values(UNKNOWN_SERVICE).flat())) {
      expect([line, code, stdout, stderr]).toEqual([line, 4, "", expect.stringContaining("no such service")]);
      expect([line, stderr]).toEqual([line, expect.stringContaining(line.includes("web.2") ? "web.2" : 'did you mean "web"')]);
    }
    expect(await stage.shows("web", "running")).toMatchObject({ pid, restarts: 0 });
    expect(svc.process.exitCode).toBeNull();
  });

  test("for a value that an option or an argument cannot have", async ({ stage }) => {
    stage.start({ services: { web } });
    const { pid } = await stage.shows("web", "running");
    for (const [line, { code, stdout, stderr }] of await all(stage, [...BAD_VALUES, ...BAD_ARGUMENTS])) {
      expect([line, code, stdout, stderr]).toEqual([line, 2, "", expect.stringMatching(/^svc: .+\n/)]);
    }
    expect(await stage.shows("web", "running")).toMatchObject({ pid, restarts: 0 });
  });

  test("for an option, a command or an argument that does not exist, also where its help is asked for", async ({ stage }) => {
    const odd = COMMANDS.filter(({ takesCommand }) => !takesCommand).map(({ name }) => `${name} --no-such-option`);
    for (const [line, { code, stdout, stderr }] of await all(stage, ["lits", "help lits", "lits --help", "--quiet help lits", ...odd])) {
      const words = line.includes("lits") ? "unknown command 'lits'\n(Did you mean list?)" : "unknown option '--no-such-option'";
      expect([line, code, stdout, stderr]).toEqual([line, 2, "", expect.stringContaining(words)]);
    }
    expect(await stage.svc("init", "--from", "nowhere.txt")).toMatchObject({ code: 2, stderr: expect.stringContaining("nowhere.txt") });
    for (const [line, { code, stdout }] of await all(stage, ["help", "help list", "--help"])) {
      expect([line, code, stdout]).toEqual([line, 0, expect.stringMatching(/^Usage: svc [\s\S]*\nExample/)]);
    }
  });
});
