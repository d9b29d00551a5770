import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { SIGNAL_NAMES } from "../../src/core/signals.ts";
import { loadNative } from "../../src/effects/native/native.ts";
import { fixture } from "../helpers/run.ts";
import { type Stage, test } from "../helpers/svc.ts";
import { until } from "../helpers/until.ts";

/** How many `svc run` there are at once. */
const LANES = 4;

const HARMLESS = ["CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "WINCH"].map((name) => `SIG${name}`);
const DEADLY = SIGNAL_NAMES.map((name, index) => [name, index + 1] as const).filter(([name]) => !HARMLESS.includes(name));

/** All of them with SVC_TEST_ALL_CODES=1, which takes half a minute. */
const CODES = process.env.SVC_TEST_ALL_CODES ? Array.from({ length: 256 }, (_, code) => code) : [0, 1, 2, 42, 126, 127, 128, 137, 255];

async function inLanes<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await each(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Without the native part, and without a terminal on stdin. */
const without = (stage: Stage, command: string) => stage.terminal(`${command} </dev/null`, { SVC_NO_NATIVE: "1" }).ended;

describe("the exit code of svc run", () => {
  test("is the command's own", { timeout: 300_000 }, async ({ stage }) => {
    const wrong: number[] = [];
    await inLanes(CODES, async (code) => {
      if ((await stage.svc("run", "--", "sh", "-c", `exit ${code}`)).code !== code) wrong.push(code);
    });
    expect(wrong).toEqual([]);
  });

  test("is 128 + N where signal N has ended the command", async ({ stage }) => {
    const wrong: string[] = [];
    await inLanes(DEADLY, async ([name, number]) => {
      const { code, stderr } = await stage.svc("run", "--", "sh", "-c", `ulimit -c 0; kill -${number} $$`);
      if (code !== 128 + number || stderr !== "") wrong.push(`${name}: ${code} ${stderr}`);
    });
    expect(wrong).toEqual([]);
  });

  test("is as true without the native part", async ({ stage }) => {
    expect(await without(stage, "exec $svc run -- sh -c 'exit 42'")).toMatchObject({ code: 42, stdout: "" });
    expect(await without(stage, "exec $svc run -- sh -c 'kill -15 $$'")).toMatchObject({ code: 143, stdout: "" });
    expect(await without(stage, "exec $svc run -- nosuch")).toMatchObject({ code: 127 });
  });

  test.for([
    [["nosuch"], 127, /^svc: cannot run "nosuch": it is in no folder of PATH \(ENOENT\)\n$/],
    [["./nosuch"], 127, /^svc: cannot run "\.\/nosuch": it does not exist/],
    [["./no-interpreter"], 127, /no-interpreter: \/no\/such\/shell/],
    [["./plain"], 126, /^svc: cannot run "\.\/plain": it is not executable \(EACCES\)/],
    [["./no-line"], 126, /not executable \(ENOEXEC\)\n.*#!\/bin\/sh/],
    [["/"], 126, /cannot run/],
    [[], 2, /missing required argument/],
    [["-e", "256", "true"], 2, /--success: "256" is not an exit code from 0 to 255/],
    [["--rewrite", "TERM", "true"], 2, /--rewrite: "TERM" is not two signals/],
    [["--rewrite", "TERM:QIUT", "true"], 2, /no such signal: "QIUT"; did you mean "SIGQUIT"\?/],
    [["--rewrite", "KILL:TERM", "true"], 2, /--rewrite: SIGKILL cannot be listened to/],
    [["-g", "--main", "true"], 2, /--group and --main cannot be used together/],
    [["--mian", "true"], 2, /unknown option '--mian'/],
  ] as const)("svc run %j is %i", async ([args, code, words], { stage }) => {
    stage.write("plain", "echo no\n");
    stage.write("no-line", "echo no\n", 0o755);
    stage.write("no-interpreter", "#!/no/such/shell\n", 0o755);
    const done = await stage.svc("run", ...args);
    expect(done.stderr).toMatch(words);
    expect(done).toMatchObject({ code, stdout: "" });
  });

  test("-e makes 0 of the codes it names, and of no others", async ({ stage }) => {
    const options = ["run", "-e", "143", "--success", "3", "--"];
    expect(await stage.svc(...options, "sh", "-c", "exit 3")).toMatchObject({ code: 0 });
    expect(await stage.svc(...options, "sh", "-c", "kill $$")).toMatchObject({ code: 0 });
    expect(await stage.svc(...options, "sh", "-c", "exit 4")).toMatchObject({ code: 4 });
  });
});

describe.concurrent("the command of svc run", () => {
  test("has svc's own input and outputs, and its words are not svc's", async ({ stage }) => {
    const svc = stage.run("run", "sh", "-c", 'cat; echo "$@" >&2', "sh", "--help", "--", "-e");
    svc.process.stdin!.end("typed");
    expect(await svc.ended).toMatchObject({ code: 0, stdout: "typed", stderr: "--help -- -e\n" });
  });

  test("finds them as blocking as they were", async ({ stage }) => {
    const { stdout } = await stage.svc("run", "--", "perl", fixture("outputs.pl"));
    expect(stdout).toBe("0 blocking\n1 blocking\n2 blocking\n");
    expect((await without(stage, `{ $svc run -- perl ${fixture("outputs.pl")} | cat; }`)).stdout).toMatch(/1 blocking/);
  });

  test("leads a session of its own, with no descriptor but three and its signals at their defaults", async ({ stage }) => {
    const script =
      "cat /proc/self/stat | cut -d' ' -f6; echo $$; ls /proc/self/fd | tr '\\n' ' '; grep -E 'Sig(Blk|Ign)' /proc/self/status";
    const { stdout } = await stage.svc("run", "--", "bash", "-c", script);
    const [session, pid, ...rest] = stdout.split("\n");
    expect(session).toBe(pid);
    // 3 is the folder that ls reads.
    expect(rest.join("\n")).toMatch(/^0 1 2 3 (\S+:\s*0+\s){2}$/);
  });

  test.for([{}, { SVC_NO_NATIVE: "1" }])("leaves nothing of its group behind, with %j", async (env, { stage }) => {
    const { code } = await stage.terminal("exec $svc run -- sh -c 'sleep 600 & exit 3' </dev/null", env).ended;
    expect(code).toBe(3);
    await until(() => stage.left().length === 0);
  });

  // Orphans of other sessions become svc's only where it is a subreaper.
  test.skipIf("missing" in loadNative())("leaves no daemon behind that has a session of its own", async ({ stage }) => {
    const { code } = await stage.svc("run", "--", "sh", "-c", "for n in 1 2 3; do (setsid sh -c 'sleep 600; true' &); done; exit 4");
    expect(code).toBe(4);
    expect(stage.left()).toEqual([]);
  });
});

describe("svc run through a link", () => {
  test("finds itself", async ({ stage }) => {
    symlinkSync(new URL("../../bin/svc-init", import.meta.url).pathname, join(stage.path, "svc-init"));
    expect(await stage.terminal("exec ./svc-init run -- sh -c 'exit 9'").ended).toMatchObject({ code: 9 });
  });
});
