import { expect, test } from "vitest";
import { usePlaces } from "../helpers/fleet.ts";

const { place } = usePlaces();

const SECRET = "s3cret-value";

test("svc env names the file of each variable and no value; --show reads the process", async () => {
  const at = place();
  at.write(".env.shared", `SHARED=${SECRET}1\nBOTH=weak`);
  at.write(".env.web", `BOTH=${SECRET}2`);
  const web = { command: ["sleep", "600"], env: { OWN: `${SECRET}3`, LINES_: "a\u0007b" }, envFile: ".env.web", portBase: 3000 };
  at.write("services.json", { envFile: ".env.shared", services: { web, idle: { command: "true", autostart: false } } });
  const svc = at.spawn(["start"], { env: { REAL: `${SECRET}4` } });
  await at.answers();
  await at.has("web", "running");

  const { code, stdout } = await at.svc("env", "web");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^NAME +FROM +VALUE\n/);
  const from = (name: string): string | undefined => new RegExp(`^${name} +(\\S+) +\\*\\*\\*$`, "m").exec(stdout)?.[1];
  expect(from("SHARED")).toBe(`${at.path}/.env.shared`);
  expect(from("BOTH")).toBe(`${at.path}/.env.web`);
  expect(from("OWN")).toBe(`${at.path}/services.json`);
  expect(from("PORT")).toBe(`${at.path}/services.json`);
  expect(from("REAL")).toBe("environment");
  expect(from("SVC_SERVICE")).toBe("svc");
  expect(stdout).not.toContain(SECRET);

  const shown = await at.svc("env", "web", "--show");
  expect(shown.stdout).toMatch(new RegExp(`^BOTH +\\S+ +${SECRET}2$`, "m"));
  expect(shown.stdout).toMatch(/^LINES_ +\S+ +a\\x07b$/m);
  expect(JSON.stringify(await at.ask("env", { name: "web" }))).not.toContain(SECRET);

  const json = JSON.parse((await at.svc("env", "web", "--json", "--show")).stdout);
  expect(json[0].variables).toContainEqual({ name: "OWN", from: `${at.path}/services.json`, value: `${SECRET}3` });

  const idle = await at.svc("env", "idle");
  expect(idle.stdout).toMatch(/^SHARED +\S+\.env\.shared +\*\*\*$/m);
  expect(await at.svc("env", "idle", "--show")).toMatchObject({ code: 1, stderr: expect.stringContaining("it is not running") });
  expect(await at.svc("env", "wep")).toMatchObject({ code: 4, stderr: expect.stringContaining('did you mean "web"') });
  expect(svc.stderr()).not.toContain(SECRET);
});
