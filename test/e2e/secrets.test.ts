import { describe, expect, test } from "vitest";
import { sh, usePlaces } from "../helpers/fleet.ts";
import { startNode } from "../helpers/node.ts";

const guard = usePlaces();
const { place } = guard;
const INDEX = new URL("../../dist/index.js", import.meta.url).href;

describe("secret", () => {
  test("the values of its variables appear nowhere, wherever they come from", async () => {
    const app = place();
    app.write(".env", "API_KEY=key-from-a-file\nPIN=12\n");
    const script = "printf 'one key-fr'; sleep 0.1; echo om-a-file; echo $PASSWORD >&2; echo pin $PIN; exit 3";
    const web = { command: sh(script), env: { PASSWORD: "two words" }, secret: ["API_KEY", "PASSWORD", "PIN", "UNSET"] };
    app.write("services.json", { log: { dir: "logs" }, services: { web: { ...web, restart: "never" } } });
    const { stdout, stderr } = await app.svc("start");
    expect(stdout).toBe("web | one ***\nweb | pin 12\n");
    expect(stderr).toContain("web | ***\n");
    expect(stderr).toContain("svc | web: the value of PIN is not masked: it has fewer than 4 characters in a line\n");
    const all = [stdout, stderr, app.read("logs/web.log"), app.read("logs/svc.log")].join("");
    expect(all).not.toMatch(/key-from-a-file|two words/);
  });

  test("they are not shown where a command line, a folder or a reason holds them", async () => {
    const app = place();
    const secret = { env: { PASSWORD: "in-plain-words" }, secret: ["PASSWORD"] };
    const web = { command: sh("exec sleep 600 # in-plain-words"), ...secret };
    const gone = { command: "/nowhere/in-plain-words", ...secret };
    const lost = { command: "true", cwd: "/nowhere/in-plain-words", ...secret };
    const running = await app.start({ web, gone, lost });
    await app.shows("web", ({ state }) => state === "running");
    for (const name of ["gone", "lost"]) await app.shows(name, ({ state }) => state === "failed");
    for (const words of [["list"], ["list", "--json"], ["status", "web"], ["status", "gone"], ["status", "lost", "--json"], ["health"]]) {
      const { stdout, stderr } = await app.svc(...words);
      expect(stdout + stderr).toContain("***");
      expect(stdout + stderr).not.toContain("in-plain-words");
    }
    expect(running.stdout() + running.stderr()).not.toContain("in-plain-words");
  });

  test("nor before the first start, wherever they come from", async () => {
    const app = place();
    app.write(".env.never", "API_KEY=key-from-a-file\n");
    const quotes = (value: string, more: object) => ({ command: sh(`exec sleep 600 # ${value}`), secret: ["API_KEY"], ...more });
    const never = quotes("key-from-a-file", { autostart: false, envFile: ".env.never" });
    const waits = quotes("key-from-the-config", { env: { API_KEY: "key-from-the-config" }, dependsOn: { never: "ready" } });
    // What its start would get is not known: a file is missing.
    const lost = quotes("key-of-the-lost", { autostart: false, env: { API_KEY: "key-of-the-lost" }, envFile: ".env.lost" });
    await app.start({
      web: { command: "sleep 600" },
      never: { ...never, ready: { log: "ready" } },
      waits: { ...waits, autostart: false },
      lost,
    });
    await app.has("web", "running");
    const { services } = await app.ask("list", {});
    expect(services.map(({ name, command, pid }) => [name, command, pid === null])).toEqual([
      ["web", "sleep 600", false],
      ...["never", "waits", "lost"].map((name) => [name, "sh -c 'exec sleep 600 # ***'", true]),
    ]);
    for (const words of [
      ["list", "--json"],
      ["status", "never"],
      ["status", "waits", "--json"],
      ["status", "lost"],
    ]) {
      const { stdout } = await app.svc(...words);
      expect(stdout).toContain("***");
      expect(stdout).not.toMatch(/key-/);
    }
    expect(JSON.stringify(await app.ask("wait", { name: "never", for: "stopped" }))).not.toContain("key-");
  });

  test("nor by a runner in an app, started or not", async () => {
    const app = place();
    app.write(".env.never", "FROM_A_FILE=key-from-a-file\n");
    const command = "echo key-from-the-app key-of-the-service key-from-a-file";
    const more = { env: { OF_THE_SERVICE: "key-of-the-service" }, secret: ["OF_THE_APP", "OF_THE_SERVICE", "FROM_A_FILE", "UNSET"] };
    const never = { command, autostart: false, envFile: ".env.never", ...more };
    app.write(
      "app.mjs",
      `import { ServiceRunner } from "${INDEX}";
      process.env.OF_THE_APP = "key-from-the-app";
      const runner = new ServiceRunner().register("never", ${JSON.stringify(never)}).register("odd", { command: "true", secret: 1, env: 2 });
      const say = () => console.log(runner.list().map((row) => row.command).join());
      say();
      await runner.start().catch(() => {});
      const second = new ServiceRunner().register("never", ${JSON.stringify(never)});
      await second.start();
      console.log(second.list()[0].command, second.list()[0].state);
      await second.stop();`,
    );
    expect((await startNode(app, guard, ["app.mjs"]).ended).stdout).toBe("echo *** *** key-from-a-file,true\necho *** *** *** stopped\n");
  });
});
