import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PRELUDE_DONE, type PreludePlan, readComplaint, withPrelude } from "../../src/core/prelude.ts";

const nothing: PreludePlan = {
  argv: ["/bin/echo", "hello"],
  env: { PATH: "/usr/bin:/bin" },
  cgroup: null,
  files: null,
  core: null,
  umask: null,
  nice: null,
  drop: null,
  listens: false,
  told: true,
};

function run(plan: Partial<PreludePlan>) {
  const { argv, env } = withPrelude({ ...nothing, ...plan });
  const { status, stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("a prelude", () => {
  it("runs the program, and says so directly before it", () => {
    expect(run({})).toEqual({ status: 0, stdout: "hello\n", stderr: PRELUDE_DONE });
  });

  it("says nothing where it is not to be told", () => {
    expect(run({ told: false })).toEqual({ status: 0, stdout: "hello\n", stderr: "" });
  });

  it("keeps every argument as it is, whatever a shell would make of it", () => {
    const hostile = ["$(exit 3)", "`exit 3`", "a  b", "'", '"', ";", "*", "", "\n", "-n", "$1", "\\"];
    const { stdout } = run({
      argv: [process.execPath, "-p", "JSON.stringify(process.argv.slice(1))", "--", ...hostile],
      files: 64,
      umask: 0,
    });
    expect(JSON.parse(stdout)).toEqual(hostile);
  });

  it("sets what is asked", () => {
    const argv = ["/bin/sh", "-c", "umask; ulimit -n; ulimit -Hn; ulimit -c"];
    expect(run({ argv, umask: 0o027, files: 77, core: 1024 }).stdout).toBe("0027\n77\n77\n2\n");
  });

  it("tells whom the socket is for: the pid of the program itself", () => {
    const argv = [process.execPath, "-p", "process.env.LISTEN_PID === String(process.pid)"];
    const env = { ...nothing.env, LISTEN_PID: "1", "a-b": "" };
    expect(run({ argv, env, listens: true, files: 64, umask: 0o027 }).stdout).toBe("true\n");
    expect(run({ argv, env }).stdout).toBe("false\n");
  });

  it("goes no further than to a step that fails, and names it", () => {
    const { status, stdout, stderr } = run({ files: 2 ** 52 });
    expect({ status, stdout }).toEqual({ status: 125, stdout: "" });
    expect(readComplaint(stderr)).toEqual({ step: "limits.files", words: expect.stringMatching(/^ulimit: /) });
  });

  it("joins its cgroup before it gives up its rights, in a shell that there is anyway or in one of its own", () => {
    const folder = mkdtempSync(join(tmpdir(), "svc prelude $(exit 3) "));
    const procs = join(folder, "cgroup.procs");
    const drop = ["/usr/bin/env", "DROPPED=1"];
    try {
      const ways = [{}, { umask: 0o027 }, { files: 64 }, { nice: { tool: "/bin/echo", wanted: 5, by: 0 } }, { drop }, { drop, files: 64 }];
      for (const way of ways) {
        writeFileSync(procs, "");
        const { argv } = withPrelude({ ...nothing, ...way, cgroup: folder });
        run({ ...way, cgroup: folder });
        expect([way, readFileSync(procs, "utf8")]).toEqual([way, "0\n"]);
        expect(argv.indexOf(folder)).toBeLessThan("drop" in way ? argv.indexOf("DROPPED=1") : argv.length);
        expect(argv.filter((word) => word === "-c")).toHaveLength("drop" in way || "files" in way ? 2 : 1);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("goes on without a word where it cannot join its cgroup", () => {
    for (const way of [{}, { files: 64 }]) {
      expect(run({ ...way, cgroup: "/nonexistent/svc-x-web" })).toEqual({ status: 0, stdout: "hello\n", stderr: PRELUDE_DONE });
    }
  });

  it("does not take the word of a nice that only warns", () => {
    expect(run({ nice: { tool: "/bin/echo", wanted: 5, by: 0 } })).toMatchObject({ status: 125, stdout: "" });
  });

  it("does not start a program that may not be run", () => {
    const { status, stderr } = run({ argv: ["/etc/passwd"] });
    expect({ status, complaint: readComplaint(stderr) }).toEqual({ status: 125, complaint: { step: "program", words: "" } });
  });

  it("takes the complaint of a tool that has replaced the shell for one about the user", () => {
    expect(readComplaint("setpriv: setresuid failed: Operation not permitted\n")).toEqual({
      step: "user",
      words: "setpriv: setresuid failed: Operation not permitted",
    });
  });

  it("gives the program variables whose names no shell knows", () => {
    const env = { ...nothing.env, "discovery.type": "one $(exit 3)", "a-b": "" };
    const { stdout } = run({ argv: [process.execPath, "-p", "JSON.stringify([process.env['discovery.type'], process.env['a-b']])"], env });
    expect(JSON.parse(stdout)).toEqual(["one $(exit 3)", ""]);
  });

  it("keeps what loaders and shells obey from the tools that still have all rights, and gives it to the program", () => {
    const obeyed = { LD_LIBRARY_PATH: "/nowhere", SHELLOPTS: "xtrace", PS4: "$(echo evil >&2)", BASH_ENV: "/nowhere" };
    const plan = { ...nothing, argv: ["/usr/bin/env"], env: { ...nothing.env, ...obeyed }, drop: ["/usr/bin/env"] };
    expect(Object.keys(withPrelude(plan).env).filter((name) => name in obeyed)).toEqual([]);
    const lines = run(plan).stdout.split("\n");
    expect(lines).toEqual(expect.arrayContaining(Object.entries(obeyed).map(([name, value]) => `${name}=${value}`)));
    expect(lines.filter((line) => line.startsWith("SVC_LATER_"))).toEqual([]);
  });
});
