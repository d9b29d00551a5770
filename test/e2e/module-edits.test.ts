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

test("so does a restart of a service that stands in the config, or is imported there", async ({ stage }) => {
  const text = (name: string, says: string): string => `${name} = async (ctx) => { ctx.log("${says}"); while (await ctx.sleep("1h")); }`;
  const write = (says: string): void => {
    const chosen = `process.env.SVC_SERVICE ? ${text("real", says)} : ${text("other", says)}`;
    const services = `{ here, imported: { service: imported }, pair: { service: pair, instances: 2 }, chosen: { service: chosen } }`;
    stage.write("imported.mjs", `export const ${text("imported", says)};\n`);
    stage.write(
      "services.mjs",
      `import { imported } from "./imported.mjs";\nlet real, other;\nconst ${text("pair", says)};\n` +
        `const chosen = ${chosen};\nconst here = { service: { ${text("run", says).replace(" =", ":")} } };\nexport default { services: ${services} };\n`,
    );
  };
  write("as it was");
  const svc = stage.run("start");
  for (const name of ["here", "imported", "pair.1", "pair.2", "chosen"]) await svc.says(new RegExp(`^${name} +\\| as it was$`, "m"));
  expect(await stage.svc("restart"), "nothing was edited").toMatchObject({ code: 0 });
  expect((await stage.svc("reload", "--plan")).stdout).toBe("nothing changed\n");
  write("edited");
  expect(await stage.svc("restart", "here", "imported", "pair.1")).toMatchObject({ code: 0 });
  expect((await stage.svc("reload")).stdout).toBe("restarted: pair, chosen\n");
  expect((await stage.svc("reload")).stdout).toBe("nothing changed\n");
  write("edited again");
  expect(await stage.svc("restart", "here", "pair")).toMatchObject({ code: 0 });
  write("edited");
  expect((await stage.svc("reload")).stdout).toBe("restarted: here, pair\n");
});
