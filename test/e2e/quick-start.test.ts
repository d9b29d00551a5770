import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import { freePort } from "../helpers/ports.ts";
import { type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const [QUICK_START] = readFileSync(`${ROOT}README.md`, "utf8").split("\n## Quick start\n")[1]!.split("\n## ");
const [RUN, TEST] = blocks("sh");
const [SHOWN, LISTED] = blocks("text");
const [SNIPPET] = blocks("ts");
/** npm asks its registry for news now and then, and where it takes long it draws a spinner, on the first line of what it starts. */
const OFFLINE = { npm_config_update_notifier: "false", npm_config_offline: "true", npm_config_progress: "false" };

/** Example values, and what may stand there instead. */
const VALUES: readonly (readonly [RegExp, string])[] = [
  [/job=[\w-]+/, "job=[\\w-]+"],
  [/(green|red) (saucer|teapot)/, "\\w+ \\w+"],
  [/\d+/g, "\\d+"],
];

function blocks(language: string): string[] {
  return [...QUICK_START!.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map((match) => match[1]!.trim());
}

/** What has been printed, without colours, blanks of alignment, the terminal's returns and its echo of Ctrl-C. */
function words(text: string): string {
  return text
    .replaceAll(/\x1b\[[\d;]*m|\r|\^C/g, "")
    .replaceAll(/ +/g, " ")
    .replaceAll(/ $/gm, "");
}

function like(line: string): RegExp {
  const literal = words(line).replaceAll(/[.*+?^$()[\]{}|\\]/g, "\\$&");
  return new RegExp(`^${VALUES.reduce((pattern, [value, any]) => pattern.replace(value, any), literal)}$`, "m");
}

/** The checkout as a newcomer has it, in a folder where the example's books are nobody else's. */
function checkOut(stage: Stage): void {
  const own = [".git", ".svc", "services.example.ts"];
  for (const name of readdirSync(ROOT).filter((one) => !own.includes(one))) symlinkSync(join(ROOT, name), join(stage.path, name));
  copyFileSync(`${ROOT}services.example.ts`, join(stage.path, "services.example.ts"));
}

describe("the README's quick start, step by step", () => {
  test("`npm start` as printed, after the `npm ci` of whoever runs the tests, shows what it says; so does the second terminal", async ({
    stage,
  }) => {
    expect([RUN, TEST]).toEqual(["npm ci && npm start", "npm ci && npm test"]);
    checkOut(stage);
    const port = await freePort();
    const first = stage.terminal(RUN!.replace("npm ci && ", ""), { ...OFFLINE, SHOP_PORT: String(port) });
    const [before, after] = SHOWN!.split("\n^C\n").map((part) => part.split("\n").filter((line) => line !== "…"));
    const lacks = (lines: readonly string[]): readonly string[] => lines.filter((line) => !like(line).test(words(first.stdout())));
    await until(() => lacks(before!).length === 0, { what: "the lines before Ctrl-C" }).catch(() => {});
    expect(lacks(before!), first.stdout()).toEqual([]);

    const [command, ...table] = LISTED!.split("\n");
    const list = (env: Readonly<Record<string, string>>) => stage.terminal(command!.replace("$ ", ""), { ...OFFLINE, ...env }).ended;
    const alone = await list({});
    // A machine that has supervisors of its own, or a test beside this one that has, leaves open which one is meant.
    const second = /cannot tell which supervisor is meant/.test(alone.stdout) ? await list({ SVC_SOCKET: stage.socket() }) : alone;
    expect(second.code).toBe(0);
    const [header, ...rows] = words(second.stdout).trim().split("\n");
    expect(header).toBe(words(table[0]!));
    // What crashes now and then is in any state.
    const shown = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^(flaky) .*|^(\S+ \S+) .*/, "$1$2"));
    expect(shown(rows)).toEqual(shown(table.slice(1).map(words)));

    first.process.stdin!.write("\x03");
    await first.ended;
    await until(() => stage.left().length === 0, { what: "the end of all that was started" });
    // A machine that is too slow for the stop within 5 s sees a kill in its place.
    const punctual = !first.stdout().includes("SIGKILL");
    expect(lacks(punctual ? after! : after!.filter((line) => line.includes("stopping"))), first.stdout()).toEqual([]);
  });

  test("in a project of one's own the printed config type-checks, and starts with `npx svc start` (on a port that is free)", async ({
    stage,
  }) => {
    expect(QUICK_START).toMatch(/`npm install svc-supervisor`, write a `services\.ts` \(.*\), and run `npx svc start`/);
    // What the install would do.
    mkdirSync(join(stage.path, "node_modules/.bin"), { recursive: true });
    symlinkSync(ROOT, join(stage.path, "node_modules/svc-supervisor"));
    symlinkSync("../svc-supervisor/bin/svc.js", join(stage.path, "node_modules/.bin/svc"));
    stage.write("package.json", { name: "project", private: true, type: "module" });
    stage.write("services.ts", SNIPPET);
    const strictly = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "", "services.ts"];
    await promisify(execFile)(`${ROOT}node_modules/.bin/tsc`, strictly, { cwd: stage.path });

    const port = await freePort();
    expect(SNIPPET).toContain("127.0.0.1:3000/");
    stage.write("services.ts", SNIPPET!.replace(":3000/", `:${port}/`));
    stage.write("migrate.js", "");
    stage.write("worker.js", "setInterval(() => {}, 1000);");
    stage.write(
      "server.js",
      `import { createServer } from "node:http";
      createServer((request, response) => response.end(request.url)).listen(${port}, "127.0.0.1");`,
    );
    const svc = stage.terminal("npx svc start", OFFLINE);
    await svc.says(/worker\.2 started/);
    const states = async (): Promise<string[]> => (await stage.list()).map(({ name, state }) => `${name} ${state}`);
    await until(async () => (await states()).join() === "migrate completed,web running,worker.1 running,worker.2 running");
    svc.process.stdin!.write("\x03");
    await svc.ended;
    expect(svc.stdout(), "the first config that one writes warns of nothing").not.toContain("shutdownTimeout");
    await until(() => stage.left().length === 0, { what: "the end of all that was started" });
  });
});
