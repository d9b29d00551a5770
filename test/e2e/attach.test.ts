import { describe, expect } from "vitest";
import { isGone } from "../helpers/processes.ts";
import { test } from "../helpers/svc.ts";

/** Answers each line that is added to the file "said". */
const echo = { command: ["sh", "-c", "touch said; echo ready; exec tail -n +1 -f said"] };
const complains = { command: ["sh", "-c", "echo oh no >&2; exec sleep 600"] };

describe.concurrent("svc attach", () => {
  test("shows the last lines and all that follow, each on its own output; the supervisor's end ends it", async ({ stage }) => {
    const svc = stage.start({ services: { web: echo, other: complains } });
    await svc.ready("web");
    await svc.says(/oh no/);
    const attached = stage.run("attach");
    await attached.says(/Ctrl-C detaches/);
    await attached.says(/web {3}\| ready/);
    stage.write("said", "hello\n");
    await attached.says(/web {3}\| hello/);
    expect((await stage.svc("stop")).code).toBe(0);
    const { code, stdout, stderr } = await attached.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^web {3}\| ready\n(.*\n)*web {3}\| hello\n/);
    expect(stdout).not.toMatch(/^svc/m);
    expect(stderr).toMatch(/^other \| oh no$/m);
    expect(stderr).toMatch(/^svc {3}\| stopping all services$/m);
    expect(stderr).toMatch(/^svc: svc has ended$/m);
  });

  test("Ctrl-C leaves with 0, and everything goes on", async ({ stage }) => {
    const svc = stage.start({ services: { web: echo } });
    await svc.ready("web");
    const terminal = stage.terminal("exec $svc attach -n 0");
    await terminal.says(/Ctrl-C detaches/);
    terminal.process.stdin!.write("\x03");
    expect(await terminal.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("detached; the services go on") });
    expect(terminal.stdout()).not.toMatch(/ready|has ended/);
    expect(isGone(svc.pid)).toBe(false);
    await stage.shows("web", "running");
  });

  test("without a supervisor is exit code 3", async ({ stage }) => {
    stage.write("services.json", { services: { web: echo } });
    expect(await stage.svc("attach")).toMatchObject({ code: 3 });
  });
});
