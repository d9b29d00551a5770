import { describe, expect } from "vitest";
import { inForeground, noted, noters, notesSignals } from "../helpers/run.ts";
import { type Running, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

const CTRL_C = "\x03";
const CTRL_Z = "\x1a";
const CTRL_D = "\x04";

/** An interactive shell that numbers its prompts, `2> ` after the first command, and plays no tricks with the line. */
const SHELL = { TERM: "dumb", PS1: "\\#> ", HISTFILE: "/dev/null" };
/** A job that says when it runs; what is typed does not look like what it prints. */
const job = (name: string) => `sh -c 'echo "${name}"-runs; exec sleep 600'`;

/** The pid in what the terminal shows, `pid=123`. */
async function pidIn(terminal: Running): Promise<number> {
  await terminal.says(/pid=\d+\s/);
  return Number(/pid=(\d+)/.exec(terminal.stdout())![1]);
}

function type(terminal: Running, keys: string): void {
  terminal.process.stdin!.write(keys);
}

describe.concurrent("an interactive shell under svc run", () => {
  test("has its job control, and its exit code is svc's", async ({ stage }) => {
    const terminal = stage.terminal("exec $svc run -- bash --norc -i", SHELL);
    await terminal.says(/^1> /m);
    type(terminal, `${job("one")}\r`);
    await terminal.says(/^one-runs/m);
    type(terminal, CTRL_C);
    await terminal.says(/2> /);
    type(terminal, `echo code=$?; ${job("two")}\r`);
    await terminal.says(/^code=130[\s\S]*^two-runs/m);
    type(terminal, CTRL_Z);
    await terminal.says(/Stopped[\s\S]*^3> /m);
    type(terminal, "bg; jobs\r");
    await terminal.says(/Running[\s\S]*^4> /m);
    type(terminal, "echo again; fg\r");
    await terminal.says(/^again\s+sh -c/m);
    await inForeground(stage, "sleep");
    type(terminal, CTRL_C);
    await terminal.says(/5> /);
    type(terminal, "exit 9\r");
    expect(await terminal.ended).toMatchObject({ code: 9 });
    expect(stage.left()).toEqual([]);
  });

  test("that suspends itself suspends svc, and both go on with fg", async ({ stage }) => {
    const terminal = stage.terminal("bash --norc -i", SHELL);
    await terminal.says(/^1> /m);
    type(terminal, "PS1='inner> ' $svc run -- bash --norc -i\r");
    await terminal.says(/^inner> /m);
    type(terminal, "kill -STOP $$\r");
    await terminal.says(/Stopped[\s\S]*^2> /m);
    type(terminal, "fg\r");
    await terminal.says(/^2> fg\s+PS1/m);
    type(terminal, "echo 'b'ack\r");
    await terminal.says(/^back/m);
    type(terminal, "exit 7\r");
    await terminal.says(/3> /);
    type(terminal, "echo code=$?; exit\r");
    await terminal.says(/^code=7/m);
    expect(await terminal.ended).toMatchObject({ code: 0 });
  });
});

describe.concurrent("svc run as a job of an interactive shell", () => {
  test("is stopped by Ctrl-Z, goes on with fg, and dies with its command at Ctrl-C", async ({ stage }) => {
    const terminal = stage.terminal("bash --norc -i", SHELL);
    await terminal.says(/^1> /m);
    type(terminal, "$svc run -- sh -c 'echo \"it\"-runs; exec cat'\r");
    await terminal.says(/^it-runs/m);
    type(terminal, CTRL_Z);
    await terminal.says(/Stopped[\s\S]*^2> /m);
    type(terminal, "fg\r");
    await terminal.says(/^2> fg\s+\$svc/m);
    type(terminal, "once\r");
    await terminal.says(/^once\s+once/m);
    type(terminal, CTRL_C);
    await terminal.says(/3> /);
    type(terminal, "echo code=$?; exit\r");
    await terminal.says(/^code=130/m);
    await terminal.ended;
    expect(stage.left()).toEqual([]);
  });

  test("stops in the background when its command reads the terminal", async ({ stage }) => {
    const terminal = stage.terminal("bash --norc -i", SHELL);
    await terminal.says(/^1> /m);
    type(terminal, "set -b; $svc run -- cat &\r");
    await terminal.says(/Stopped/);
    type(terminal, "fg\r");
    await terminal.says(/^\$svc run -- cat\s*$/m);
    type(terminal, "once\r");
    await terminal.says(/^once\s+once/m);
    type(terminal, CTRL_D);
    await terminal.says(/3> /);
    type(terminal, "exit\r");
    await terminal.ended;
  });
});

describe.concurrent("with a terminal on stdin", () => {
  test("Ctrl-C reaches the command once, svc lives on, and other signals are forwarded to the group", async ({ stage }) => {
    const command = `echo pid=$$; exec $svc run -- ${notesSignals("TERM", "child").join(" ")}`;
    const terminal = stage.terminal(command);
    await noters(stage, 2);
    const svc = await pidIn(terminal);
    type(terminal, CTRL_C);
    await until(() => noted(stage).length === 2);
    process.kill(svc, "SIGUSR1");
    await until(() => noted(stage).length === 4);
    process.kill(svc, "SIGTERM");
    expect(await terminal.ended).toMatchObject({ code: 5 });
    expect(noted(stage).slice(0, 4).sort()).toEqual(["child INT", "child USR1", "main INT", "main USR1"]);
    expect(stage.left()).toEqual([]);
  });

  test("the terminal's own signals are left to it", async ({ stage }) => {
    // The shell leads the session, so svc is not the one that a hangup is told to.
    const terminal = stage.terminal(`sh -c 'echo pid=$$; exec $svc run -- ${notesSignals("TERM").join(" ")}'; exit $?`);
    await noters(stage, 1);
    const svc = await pidIn(terminal);
    for (const name of ["INT", "QUIT", "WINCH", "HUP", "USR1"]) process.kill(svc, `SIG${name}`);
    await until(() => noted(stage).length > 0);
    // This one the terminal sends to a group in the background; here it is somebody else's.
    process.kill(svc, "SIGTTIN");
    await until(() => noted(stage).length > 1);
    process.kill(svc, "SIGTERM");
    expect(await terminal.ended).toMatchObject({ code: 5 });
    expect(noted(stage)).toEqual(["main USR1", "main TTIN", "main TERM"]);
  });

  test("a closed terminal ends the command where only svc is told", async ({ stage }) => {
    const terminal = stage.terminal(`exec $svc run -- ${notesSignals("HUP").join(" ")}`);
    await noters(stage, 1);
    terminal.kill("SIGKILL");
    await until(() => stage.left().length === 0);
    expect(noted(stage).filter((line) => line !== "main CONT")).toEqual(["main HUP"]);
  });

  test("the terminal stays as the command has set it", async ({ stage }) => {
    const terminal = stage.terminal("$svc run -- stty -echo; stty -a");
    expect((await terminal.ended).stdout).toMatch(/ -echo /);
  });
});
