import { expect } from "vitest";
import { test } from "../helpers/svc.ts";

test("a restart has read an edited module: a reload does nothing more about it, but for what was not restarted", async ({ stage }) => {
  const service = (text: string): string => `export default async (ctx) => { ctx.log("${text}"); while (await ctx.sleep("1h")); };\n`;
  for (const name of ["watched", "restarted", "edited"]) stage.write(`${name}.mjs`, service("as it was"));
  const module = (name: string) => ({ module: `./${name}.mjs` });
  const watched = { ...module("watched"), watch: ["watched.mjs"] };
  const svc = stage.start({ services: { watched, restarted: module("restarted"), edited: { ...module("edited"), instances: 2 } } });
  await svc.says(/watching for changes/);
  for (const name of ["watched", "restarted", "edited.2"]) await svc.says(new RegExp(`^${name} +\\| as it was$`, "m"));
  for (const name of ["watched", "restarted", "edited"]) stage.write(`${name}.mjs`, service("edited"));
  await svc.says(/^watched +\| edited$/m);
  expect(await stage.svc("restart", "restarted", "edited.1")).toMatchObject({ code: 0 });
  expect((await stage.svc("reload", "--plan")).stdout).toBe("would restart: edited\n");
  expect((await stage.svc("reload")).stdout).toBe("restarted: edited\n");
  expect((await stage.svc("reload")).stdout).toBe("nothing changed\n");
  // What is as it was at the last reload, and not as the process has read it.
  stage.write("restarted.mjs", service("edited again"));
  expect(await stage.svc("restart", "restarted")).toMatchObject({ code: 0 });
  stage.write("restarted.mjs", service("edited"));
  expect((await stage.svc("reload")).stdout).toBe("restarted: restarted\n");
});
