import { describe, expect } from "vitest";
import { missing } from "../helpers/cgroups.ts";
import { test } from "../helpers/svc.ts";

describe.concurrent("svc init", () => {
  test("writes a config that is valid, once", async ({ stage }) => {
    expect(await stage.svc("init")).toMatchObject({ code: 0, stdout: expect.stringContaining("wrote services.ts") });
    expect(await stage.svc("check")).toMatchObject({ code: 0, stdout: expect.stringContaining("1 service, no mistakes") });
    const before = stage.lines("services.ts");
    const again = await stage.svc("init");
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("there is a config already") });
    expect(stage.lines("services.ts")).toEqual(before);
  });

  test("takes over a Procfile", async ({ stage }) => {
    stage.write("Procfile", "web: node web.js --say 'it\"s'\nwork-er: sleep 600\n");
    expect(await stage.svc("init")).toMatchObject({ code: 1, stderr: expect.stringContaining("svc init --from Procfile") });
    expect(await stage.svc("init", "--from", "Procfile")).toMatchObject({ code: 0 });
    const { services } = JSON.parse((await stage.svc("check", "--print")).stdout);
    const commands = services.map(({ name, work }: { name: string; work: { command: { text: string } } }) => [name, work.command.text]);
    expect(commands).toEqual([
      ["web", "node web.js --say 'it\"s'"],
      ["work-er", "sleep 600"],
    ]);
  });

  test("takes over the scripts of a package.json, those that end by themselves as comments", async ({ stage }) => {
    stage.write("package.json", { scripts: { dev: "vite", "dev:api": "node --watch api.js", build: "tsc", pretest: "x", test: "vitest" } });
    expect(await stage.svc("init", "--from", "package.json")).toMatchObject({ code: 0 });
    const text = stage.lines("services.ts").join("\n");
    expect(text).toContain(
      '    dev: { command: "vite" },\n    "dev-api": { command: "node --watch api.js" },\n    // build: { command: "tsc" },',
    );
    expect(await stage.svc("check")).toMatchObject({ code: 0, stdout: expect.stringContaining("2 services") });
  });

  test("a source that is not there or none is a mistake, and nothing is written", async ({ stage }) => {
    stage.write("package.json", {});
    for (const from of ["Procfile", "package.json", "README"]) expect(await stage.svc("init", "--from", from)).toMatchObject({ code: 2 });
    expect(stage.lines("services.ts")).toEqual([]);
    stage.write("Procfile", "# nothing yet\n");
    const empty = { code: 2, stdout: "", stderr: "svc: --from: Procfile has no services\n" };
    expect(await stage.svc("init", "--from", "Procfile")).toMatchObject(empty);
    expect(stage.lines("services.ts")).toEqual([]);
  });
});

describe.concurrent("svc doctor", () => {
  test("names what is there and what is missing, with the cure; exit 1 where something is", async ({ stage }) => {
    const findings = JSON.parse((await stage.svc("doctor", "--json")).stdout) as { what: string; ok: boolean; cure: string | null }[];
    expect(findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining(["Node", "native part", "runtime folder", "state folder", "cache folder", "time zones", "/proc", "cgroup"]),
    );
    expect(findings.every(({ ok, cure }) => ok === (cure === null))).toBe(true);
    const lacking = stage.terminal("SVC_NO_NATIVE=1 exec $svc doctor");
    const { code, stdout } = await lacking.ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok +Node +\d+/m);
    expect(stdout).toMatch(/^missing +native part +SVC_NO_NATIVE is set\r?\n +npm install koffi/m);
  });

  test(`says whether services get cgroups here${missing === null ? "" : ` (they do not: ${missing})`}, which is nothing to be cured`, async ({
    stage,
  }) => {
    const { stdout } = await stage.svc("doctor");
    if (missing === null) expect(stdout).toMatch(/^ok +cgroup\.kill +used below \/.*: all that comes from a service with user/m);
    else expect(stdout).toMatch(/^ok +cgroup\.kill +not used \(.+\): what comes from a service with user/m);
  });

  test("leaves nothing behind", async ({ stage }) => {
    // Without a config here, the only supervisor on the machine would be meant.
    stage.write("services.json", { services: { web: { command: "true" } } });
    await stage.svc("doctor");
    expect(await stage.svc("list")).toMatchObject({ code: 3 });
    expect(stage.left()).toEqual([]);
  });
});
