import { expect, test } from "vitest";
import { createMarkReader, marksIn } from "../../../src/effects/proc/marks.ts";
import { readStat } from "../../../src/effects/proc/proc.ts";
import { spawnNode } from "../../../src/effects/spawn/node.ts";
import { guardProcesses } from "../../helpers/guard.ts";
import { lineFrom } from "../../helpers/output.ts";
import { environment } from "../../helpers/processes.ts";
import { until } from "../../helpers/until.ts";

const guard = guardProcesses();

const environ = (...pairs: string[]) => Buffer.from(pairs.map((pair) => `${pair}\0`).join(""));

test("finds the markers of every supervisor above, at the start, in the middle and at the end", () => {
  expect(marksIn(environ("SVC_TREE_a=web", "PATH=/bin", "SVC_TREE_b=job.2"))).toEqual(["SVC_TREE_a=web", "SVC_TREE_b=job.2"]);
});

test("does not take a part of another variable for a marker", () => {
  expect(marksIn(environ("MY_SVC_TREE_a=web", "X=SVC_TREE_b=c", "PATH=/bin"))).toEqual([]);
});

test("survives an environment that is cut off", () => {
  expect(marksIn(Buffer.from("A=b\0SVC_TREE_a=we"))).toEqual(["SVC_TREE_a=we"]);
});

test("a mark that was seen stays, though the process runs another program with an empty environment", async () => {
  const script = 'echo ready; read -r go < "$0"; exec env -i sleep 600';
  const fifo = `/tmp/svc-marks-${process.pid}`;
  const child = await spawnNode({
    argv: ["sh", "-c", `mkfifo ${fifo}; ${script}`, fifo],
    cwd: "/",
    env: { ...guard.env, SVC_TREE_t1: "web" },
  });
  guard.track(child.pid);
  await lineFrom(child.stdout, "ready");
  const marks = createMarkReader();
  const look = () => marks.of(readStat(child.pid) ?? expect.fail("gone"));
  expect(look()).toEqual(["SVC_TREE_t1=web"]);
  await spawnNode({ argv: ["sh", "-c", `echo go > ${fifo}; rm ${fifo}`], cwd: "/", env: guard.env });
  await until(() => environment(child.pid).length === 0 && readStat(child.pid)?.comm === "sleep");
  expect(look()).toEqual(["SVC_TREE_t1=web"]);
  marks.keep(new Map());
  expect(look()).toBeNull();
});
