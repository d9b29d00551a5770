import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { findConfig, loadConfig } from "../../../dist/effects/config/config.js";
import { problemsOf } from "../../core/config/helper.ts";

const FOLDER = fileURLToPath(new URL("../../fixtures/configs/broken", import.meta.url));

const CACHE = mkdtempSync(join(tmpdir(), "svc-broken-"));
afterAll(() => rmSync(CACHE, { recursive: true }));

type Broken = readonly (readonly [file: string, ...parts: readonly string[]])[];

/** What the message must hold: the key or the place, and what to do. */
const BROKEN: Broken = [
  ["unknown-key.ts", "services.web.comand", 'did you mean "command"?'],
  ["unknown-root-key.mjs", "shutdownTimout", 'did you mean "shutdownTimeout"?'],
  ["unknown-nested-key.cjs", "services.web.stop.signl", 'did you mean "signal"?'],
  ["wrong-duration.json", "services.web.stop.timeout", '"5 seconds"', '"1.5s"'],
  ["wrong-type.mts", "services.web.command", "3000", "expected a command"],
  ["near-value.ts", "services.web.restart", '"on-failur"', 'did you mean "on-failure"?'],
  ["two-kinds.ts", "services.web", "exactly one of command, service, module", "command and module"],
  ["cycle.ts", "services.web.dependsOn", "web → api → db → web"],
  ["two-ready-checks.json", "services.web.ready", "tcp and log"],
  ["secret-value.ts", "services.web.env.TOKEN", "got a list"],
  [
    "many.ts",
    "6 problems",
    "services.api.dependsOn[0]",
    "services.svc:",
    "services.web.comand",
    "services.web.env:",
    "services.web.restart",
  ],
  ["no-services.json", "services", "at least one service"],
  ["list.json", "expected an object", "an empty list"],
  [
    "comma-too-many.json",
    ':3:41\n  3 |     "web": { "command": "node server.js", }\n    |                                         ^',
    'comma too many before "}"',
  ],
  ["cut-off.json", ":2:1", "the file ends here"],
  ["comment.json", ":2:3", "no comments"],
  [
    "syntax-error.ts",
    ':3:30\n  3 |   services: { web: { command "node server.js" } },\n    |                              ^',
    "Unexpected token",
  ],
  [
    "syntax-error.mjs",
    ':3:30\n  3 |   services: { web: { command "node server.js" } },\n    |                              ^',
    "Unexpected token",
  ],
  [
    "syntax-error.cjs",
    ':3:30\n  3 |   services: { web: { command "node server.js" } },\n    |                              ^',
    "Unexpected token",
  ],
  ["imports-syntax-error.ts", "broken/syntax-error.ts:3:30\n  3 | ", "Unexpected token"],
  ["throws.ts", "throws.ts:5:", "  5 | export default", "it threw TypeError: Cannot read properties of undefined"],
  ["throws-a-number.js", "it threw 42"],
  ["rejects.mjs", "rejects.mjs:3:9\n  3 | ", "it threw RangeError: no such stage"],
  ["throws-later.mjs", "throws-later.mjs:2:9\n  2 | ", "it threw Error: too late"],
  ["never-resolves.ts", "never resolved"],
  ["never-resolves-at-the-top.mjs", "never resolved"],
  ["exits.ts", "exit code 7", "process.exit"],
  ["kills-itself.mjs", "killed by SIGKILL"],
  ["empty.ts", "the file is empty"],
  ["only-blanks.json", "the file is empty"],
  ["no-default-export.ts", "no default export", "export default defineConfig("],
  ["exports-a-class.ts", "expected an object"],
  ["missing-import.ts", "missing-import.ts:1:", "no-such-file.ts"],
  ["missing-package.mjs", "missing-package.mjs:1:", "no-such-package"],
  ["twice/Procfile", "line 3", '"web" stands in line 1 already'],
  ["nonsense/Procfile", "line 2", '"just some words"', '"name: command"'],
  ["folder.ts", "is a folder"],
  ["no-such-file.ts", "cannot find"],
];

/** The same for the rules of a config alone, which do not ask how the file was read: so they need no process each. */
const RULES: Broken = [
  ["wrong-size.json", "services.web.limits.memory", '"512MB"', '"10M"'],
  ["wrong-boolean.json", "services.web.autostart", '"yes"', "true or false"],
  ["wrong-log-format.json", "log.format", 'did you mean "pretty"?'],
  ["signal-without-sig.json", "services.web.stop.signal", '"TERM"', 'did you mean "SIGTERM"?'],
  ["exit-code-out-of-range.json", "services.web.successExitCodes[1]", "256", "0 to 255"],
  ["jitter-out-of-range.json", "services.web.backoff.jitter", "1.5", "from 0 to 1"],
  ["half-a-limit.json", "services.web.maxRestarts.within", "missing"],
  ["port-out-of-range.json", "services.web.ready.tcp", "65536"],
  ["too-many-ports.json", "services.web.portBase", "no room for 2 instances"],
  ["no-kind.json", "services.web", "exactly one of command, service, module", "none"],
  ["bad-name.json", 'services["my web"]', "begins with a letter"],
  ["reserved-name.json", "services.svc", "svc's own"],
  ["names-differ-in-case.json", "services.Web", 'differs from "web" only in case'],
  ["unknown-dependency.json", "services.web.dependsOn[0]", '"datbase"', 'did you mean "database"?'],
  ["self-dependency.json", "services.web.dependsOn", "web → web"],
  ["ready-without-check.json", "services.web.dependsOn.db", '"ready" check'],
  ["healthy-without-check.json", "services.web.dependsOn.db", '"health" check'],
  ["completed-on-always.json", "services.web.dependsOn.db", "never completes"],
  ["bad-url.json", "services.web.ready.http", '"localhost:3000/healthz"', "http://"],
  ["bad-cron.json", "services.web.cron", '"61 3 * * *"', "five fields"],
  ["cron-with-seconds.json", "services.web.cron", '"0 0 3 * * *"', "five fields"],
  ["bad-timezone.json", "services.web.timezone", '"Europe/Berln"'],
  ["overlap-without-schedule.json", "services.web.overlap", '"every" or "cron"'],
  ["event-loop-of-a-command.json", "services.web.health.eventLoop", "event loop"],
  ["unbalanced-quotes.json", "services.web.command", "not closed (character 6)"],
];

async function load(file: string, timeoutMs = 120_000): Promise<unknown> {
  try {
    return await loadConfig(findConfig({ cwd: FOLDER, file, env: {} }), { env: { ...process.env, XDG_CACHE_HOME: CACHE }, timeoutMs });
  } catch (error) {
    return error;
  }
}

test.each(BROKEN)("%s is refused with the key, the place and the cure", async (file, ...parts) => {
  const error = (await load(file)) as Error & { exitCode?: number };
  expect(error).toMatchObject({ name: "SvcError", exitCode: 2 });
  expect(error.message).toContain(file);
  for (const part of parts) expect(error.message).toContain(part);
  expect(error.message).not.toMatch(/^\s+at /m);
  expect(error.message).not.toContain("/dist/");
  expect(error.message).not.toContain("hunter2");
});

test.each(RULES)("%s is refused with the key and the cure", (file, ...parts) => {
  const problems = problemsOf(JSON.parse(readFileSync(join(FOLDER, file), "utf8"))).join("\n");
  for (const part of parts) expect(problems).toContain(part);
});

test("a config that takes too long is given up, whatever it waits for", async () => {
  const started = Date.now();
  const error = (await load("takes-too-long.mjs", 1500)) as Error;
  expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining("did not finish in 1.5 s") });
  expect(Date.now() - started).toBeGreaterThanOrEqual(1500);
});
