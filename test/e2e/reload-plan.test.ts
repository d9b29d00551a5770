import { expect } from "vitest";
import type { Row } from "../../src/core/row.ts";
import { type Stage, test } from "../helpers/svc.ts";

/** What `svc reload --plan` says is what `svc reload` says and does. */

const command = ["sleep", "600"];

/** Each service is named for what becomes of it. */
function services(edited: boolean): Record<string, object> {
  const as = <T>(before: T, after: T): T => (edited ? after : before);
  return {
    "restart-command": { command: as(command, ["sleep", "601"]) },
    "restart-env": { command, env: { A: as(1, 2) } },
    "restart-env-file": { command, envFile: as("same.env", "other.env") },
    "restart-env-content": { command, envFile: "edited.env" },
    "restart-cwd": { command, cwd: as(".", "/") },
    "restart-module": { module: "./edited.mjs" },
    "restart-nice": { command, nice: as(1, 2) },
    "change-policy": { command, restart: as("on-failure", "always") },
    "change-stop": { command, stop: { timeout: as("5s", "6s"), signal: as("SIGTERM", "SIGINT") } },
    "change-ready": { command, ...as({}, { ready: { exec: "true", interval: "20ms" } }) },
    "change-health": { command, ...as({}, { health: { exec: "true" } }) },
    "change-log": { command, log: { file: as("one.log", "two.log") } },
    "change-depends": { command, dependsOn: as([], ["same"]) },
    "change-watch": { command, watch: as(["same.env"], ["edited.env"]) },
    "change-number": { command, ...as({}, { instances: 1 }) },
    "change-stopped": { command: as(command, ["sleep", "601"]), autostart: false },
    "scale-up": { command, instances: as(1, 2) },
    "scale-down": { command, instances: as(2, 1) },
    same: { command, ...as({}, { restart: "on-failure", env: {} }) },
    "same-module": { module: "./same.mjs" },
    "same-scheduled": { command: "true", every: "1h", envFile: "edited.env" },
    ...as({ "remove-it": { command } } as Record<string, object>, { "add-it": { command } }),
  };
}

function write(stage: Stage, edited: boolean): void {
  const module = (text: string): string => `// ${text}\nexport default async (ctx) => { await ctx.sleep("1h"); };\n`;
  stage.write("same.env", "B=1\n");
  stage.write("other.env", "B=2\n");
  stage.write("edited.env", edited ? "B=2\n" : "B=1\n");
  stage.write("same.mjs", module("the same"));
  stage.write("edited.mjs", module(edited ? "edited" : "as it was"));
  stage.write("services.json", { shutdownTimeout: edited ? "30s" : "29s", services: services(edited) });
}

const processes = (rows: readonly Row[]): Map<string, number | null> =>
  new Map(rows.map(({ service, instance, pid }) => [`${service}.${instance}`, pid]));

function deedOf(before: readonly Row[], after: readonly Row[]): string[] {
  const [had, has] = [processes(before), processes(after)];
  const names = [...new Set([...had.keys(), ...has.keys()])];
  return names.flatMap((name) => {
    if (!had.has(name)) return [`+${name}`];
    if (!has.has(name)) return [`-${name}`];
    return had.get(name) === has.get(name) ? [] : [`~${name}`];
  });
}

test("svc reload does what svc reload --plan says, and nothing else", async ({ stage }) => {
  write(stage, false);
  expect(await stage.svc("start", "-d", "--no-watch")).toMatchObject({ code: 0 });
  const before = await stage.list();
  write(stage, true);
  const plan = (await stage.svc("reload", "--plan")).stdout;
  const named = (verb: string): string =>
    Object.keys(services(true))
      .filter((name) => name.startsWith(`${verb}-`))
      .join(", ");
  expect(plan.split("\n")).toEqual([
    "would add: add-it",
    "would remove: remove-it",
    `would restart: ${named("restart")}`,
    "would scale: scale-up=2, scale-down=1",
    `would change without a restart: ${named("change")}`,
    "would change for all services: shutdownTimeout",
    "",
  ]);
  expect(deedOf(before, await stage.list()), "a plan does nothing").toEqual([]);
  const { code, stdout } = await stage.svc("reload");
  expect({ code, stdout: stdout.split("\n").map((line) => line.split(": ")[1]) }).toEqual({
    code: 0,
    stdout: plan.split("\n").map((line) => line.split(": ")[1]),
  });
  const restarted = Object.keys(services(true)).filter((name) => name.startsWith("restart-"));
  expect(deedOf(before, await stage.list()).sort()).toEqual(
    ["+add-it.1", "+scale-up.2", "-remove-it.1", "-scale-down.2", ...restarted.map((name) => `~${name}.1`)].sort(),
  );
  expect((await stage.svc("reload")).stdout).toBe("nothing changed\n");
  // The default file of all services; one that is named and missing would only end what runs.
  stage.write(".env", "C=1\n");
  stage.write("services.json", {
    shutdownTimeout: "30s",
    services: { ...services(true), lost: { command, envFile: "lost.env", autostart: false } },
  });
  expect((await stage.svc("reload", "--plan")).stdout).toMatch(
    /^would add: lost\nwould restart: restart-command, .*, same, same-module, add-it\n$/,
  );
});
