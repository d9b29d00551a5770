import { describe, expect } from "vitest";
import { test } from "../helpers/svc.ts";

/** Starts svc with descriptors on high numbers, one of them locked. `$1` is what comes before the command. */
const GIVES = `exec 90</dev/null 91>>"$HOME/plain" 92>>"$HOME/locked"; flock 92; exec`;
const LISTS = `ls -l /proc/self/fd | sed -n 's/.* \\([0-9]*\\) -> .*/fd=\\1/p'`;

describe.concurrent("what svc has inherited on high descriptors", () => {
  test.for([{}, { SVC_NO_NATIVE: "1" }])("goes on to no service and no command, with %j", async (env, { stage }) => {
    stage.write("services.json", { services: { web: { command: ["sh", "-c", LISTS] } } });
    stage.write("start.sh", `${GIVES} $svc start`);
    stage.write("run.sh", `${GIVES} $svc run -- sh list.sh </dev/null`);
    stage.write("list.sh", LISTS);
    for (const script of ["start.sh", "run.sh"]) {
      const { stdout, code } = await stage.terminal(`bash ${script}`, env).ended;
      const seen = [...stdout.matchAll(/fd=(\d+)/g)].map(([, fd]) => Number(fd));
      expect([script, code, seen.slice(0, 3)]).toEqual([script, 0, [0, 1, 2]]);
      expect(seen).not.toContain(90);
      expect(seen).not.toContain(91);
    }
  });
});
