import { describe, expect } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { type Running, type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

/** Is there from the first line on; a service whose output is JSON, too, must not be taken for svc's. */
const web = { command: ["sh", "-c", `echo '{"not": "svc'; exec sleep 600`] };

const DOCUMENTS: Readonly<Record<string, readonly string[]>> = {
  list: [],
  "list --tree": ["--tree"],
  status: ["web"],
  check: [],
  "check --print": ["--print"],
  env: ["web"],
  "env --show": ["web", "--show"],
  doctor: [],
};

/** What goes on until it is ended is given something to tell. */
const STREAMS: Readonly<Record<string, readonly string[]>> = { events: [], "list --watch": ["--watch"], "logs -f": ["-f"] };

const command = (name: string): string => name.split(" ")[0]!;

async function begin(stage: Stage): Promise<void> {
  const svc = stage.start({ services: { web, db: { command: ["sleep", "600"], dependsOn: ["web"] } }, shutdownTimeout: "30s" });
  await svc.says(/"not": "svc/);
  await stage.shows("db", "running");
}

function parsed(text: string): unknown[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Restarts web until the command has written a whole line: nobody can see when it has begun to listen. */
async function firstLines(stage: Stage, running: Running): Promise<unknown[]> {
  await until(async () => {
    expect(await stage.svc("restart", "web")).toMatchObject({ code: 0 });
    return running.stdout().includes("\n");
  });
  running.kill("SIGINT");
  await running.ended;
  return parsed(running.stdout());
}

test.for(COMMANDS.map((command) => [command.name, command] as const))(
  "svc %s --help has its examples",
  async ([name, { examples, summary }], { stage }) => {
    const { code, stdout, stderr } = await stage.svc(name, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Usage: svc ${name} `);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(summary);
    expect(examples.filter((example) => !stdout.includes(`  ${example}\n`))).toEqual([]);
  },
);

describe("--json", () => {
  test("is shown below for each command that has it", () => {
    const having = COMMANDS.filter(({ options }) => options.some(({ name }) => name === "json")).map(({ name }) => name);
    const shown = [...Object.keys(DOCUMENTS), ...Object.keys(STREAMS), "logs"].map(command);
    expect([...new Set(shown)].sort()).toEqual([...having].sort());
  });

  test("of a command that ends is one document, and nothing else is on stdout", async ({ stage }) => {
    await begin(stage);
    for (const [name, args] of Object.entries(DOCUMENTS)) {
      const { code, stdout, stderr } = await stage.svc(command(name), ...args, "--json");
      // What this machine lacks is the doctor's exit code.
      expect([name, name === "doctor" || code === 0, stderr]).toEqual([name, true, ""]);
      expect([name, typeof JSON.parse(stdout)]).toEqual([name, "object"]);
    }
    const { code, stdout } = await stage.svc("logs", "--json");
    expect(code).toBe(0);
    expect(parsed(stdout)).toContainEqual(expect.objectContaining({ service: "web", line: '{"not": "svc' }));
  });

  test.for(Object.entries(STREAMS))("of `svc %s` is a document a line", async ([name, args], { stage }) => {
    await begin(stage);
    const lines = await firstLines(stage, stage.run(command(name), ...args, "--json"));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(typeof line).toBe("object");
  });
});
