import { describe, expect } from "vitest";
import { stateOf } from "../helpers/processes.ts";
import { heard, noted, noters, notesSignals } from "../helpers/run.ts";
import { test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const os = (name: string) => `SIG${name}` as NodeJS.Signals;

describe.concurrent("svc run forwards", () => {
  test("each signal that it can hear, exactly once", async ({ stage }) => {
    const svc = stage.run("run", "--", ...notesSignals("USR2"));
    await noters(stage, 1);
    const order = [...heard.filter((name) => name !== "USR2"), "USR2"];
    for (const [index, name] of order.entries()) {
      svc.kill(os(name));
      await until(() => noted(stage).length > index, { what: name });
    }
    expect(await svc.ended).toMatchObject({ code: 5, stdout: "", stderr: "" });
    expect(noted(stage)).toEqual(order.map((name) => `main ${name}`));
    expect(heard).toHaveLength(21);
  });

  test("to the command's group", async ({ stage }) => {
    const svc = stage.run("run", "--", ...notesSignals("TERM", "child"));
    await noters(stage, 2);
    svc.kill("SIGHUP");
    await until(() => noted(stage).length === 2);
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 5 });
    expect(noted(stage).slice(0, 2).sort()).toEqual(["child HUP", "main HUP"]);
  });

  test("with --main to its main process and not to the group", async ({ stage }) => {
    const svc = stage.run("run", "--main", "--", ...notesSignals("TERM", "child"));
    const { child } = await noters(stage, 2);
    svc.kill("SIGHUP");
    await until(() => noted(stage).length === 1);
    // A HUP that had been sent would be noted before this one.
    process.kill(child!, "SIGUSR1");
    await until(() => noted(stage).length === 2);
    expect(noted(stage)).toEqual(["main HUP", "child USR1"]);
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 5 });
    expect(stage.left()).toEqual([]);
  });

  test("another signal with --rewrite, or none", async ({ stage }) => {
    const svc = stage.run("run", "--rewrite", "15:QUIT", "--rewrite", "hup:0", "--rewrite", "USR1:SIGUSR2", "--", ...notesSignals("QUIT"));
    await noters(stage, 1);
    for (const name of ["HUP", "USR1"]) svc.kill(os(name));
    await until(() => noted(stage).length === 1);
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 5 });
    expect(noted(stage)).toEqual(["main USR2", "main QUIT"]);
  });

  test("a stop and its end, where --rewrite TSTP:STOP says so", async ({ stage }) => {
    const svc = stage.run("run", "--rewrite", "TSTP:STOP", "--", ...notesSignals("TERM"));
    const { main } = await noters(stage, 1);
    svc.kill("SIGTSTP");
    await until(() => stateOf(main!) === "T");
    svc.kill("SIGCONT");
    await until(() => noted(stage).length === 1);
    svc.kill("SIGTERM");
    expect(await svc.ended).toMatchObject({ code: 5 });
    expect(noted(stage)).toEqual(["main CONT", "main TERM"]);
  });
});
